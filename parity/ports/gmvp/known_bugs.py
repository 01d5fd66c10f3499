"""Known bugs specific to gMVP ports, for planting and recognition."""

from collections.abc import Callable
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

from converters.columns import CENTER, N_AMINO_ACIDS, SPECIES
from parity.arrays import Array, Arrays
from parity.declaring.known_bug import ChangedInputs, KnownBug, PatchedCode
from parity.known_bugs.optimizers import Adam, generate_adam_bugs
from parity.ports.gmvp.configs import RELEASE_RATE
from parity.ports.gmvp.optimizer_state import after_step


def _change_input(name: str, change: Callable[[Array], Array]) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, name: change(arrays[name])}


def _clamp_codes(x: Array) -> Array:
    codes = np.clip(x[..., :SPECIES], 0, N_AMINO_ACIDS)
    return np.concatenate([codes, x[..., SPECIES:]], axis=-1)


def _open_center(mask: Array) -> Array:
    opened = mask.copy()
    opened[:, CENTER] = 0
    return opened


def _swap_residues(arrays: Arrays) -> Arrays:
    return {**arrays, "ref_aa": arrays["alt_aa"], "alt_aa": arrays["ref_aa"]}


def _one_step_late(steps: Array) -> Array:
    return np.where(steps < RELEASE_RATE["warmup_steps"], steps - 1, steps)


def _order_masks_as_torch_does(arrays: Arrays) -> Arrays:
    names = ("input_masks", "state_masks")
    return {**arrays, **{name: arrays[name][[1, 0, 2]] for name in names}}


def _rate(step: int) -> float:
    """Return the optimizer pair's learning rate: two steps of warm-up, then linear decay."""
    return 1e-3 * (step + 1) / 2 if step < 2 else 1e-3 - 9e-4 * (step - 2) / 2000


# Code to patch in. torch is imported on the first call, as listing a port's bugs must stay quick.


def _torchs_adam(weights: Any) -> Any:
    from torch.optim import Adam

    return Adam(weights, eps=1e-7)


def _torchs_one_hot(codes: Any, depth: int, dtype: Any) -> Any:
    from torch.nn.functional import one_hot

    return one_hot(codes.long(), depth).to(dtype)


def _spread_codes(codes: Any, depth: int, dtype: Any) -> Any:
    return codes.unsqueeze(-1).expand(*codes.shape, depth).to(dtype)


def _torchs_initial_values(layer: Any, generator: Any = None) -> None:
    from torch.nn import Linear

    Linear.reset_parameters(layer)


def _torchs_glorot(tensor: Any, shape: Any = None, generator: Any = None) -> Any:
    from torch.nn.init import xavier_uniform_

    return xavier_uniform_(tensor, generator=generator)


def _torchs_cross_entropy(logits: Any, labels: Any) -> Any:
    from torch.nn.functional import binary_cross_entropy_with_logits

    return binary_cross_entropy_with_logits(logits, labels.to(logits.dtype))


def _patched(
    target: str, code: Callable[..., Any], without: Callable[[Arrays], Arrays] | None = None
) -> PatchedCode:
    return PatchedCode(partial(patch, f"pt_gmvp.{target}", code), without)


_CLAMP = _change_input("x", _clamp_codes)
_OPEN = ChangedInputs(_change_input("mask", _open_center))
_LATE = ChangedInputs(_change_input("step", _one_step_late))
_INITIAL = ("initial_values", "nn-cov-spe-uneven")
KNOWN_BUGS = (
    KnownBug(
        17,
        "codes out of range clamped to the last state",
        "x",
        ChangedInputs(_CLAMP),
        layer="evol_encoder",
    ),
    KnownBug(
        17,
        "codes out of range refused",
        "x",
        _patched("evol_encoder.one_hot", _torchs_one_hot, without=_CLAMP),
        layer="evol_encoder",
    ),
    KnownBug(
        2,
        "dropout masks in torch's order of gates",
        "input_masks, state_masks",
        ChangedInputs(_order_masks_as_torch_does),
        layer="gru_cell",
        config="training-masks",
    ),
    KnownBug(22, "centre not masked", "mask", _OPEN, layer="model"),
    KnownBug(
        None, "residues swapped", "ref_aa, alt_aa", ChangedInputs(_swap_residues), layer="model"
    ),
    KnownBug(
        17,
        "one-hot encoding left out",
        "",
        _patched("model.one_hot", _spread_codes),
        layer="model",
        same_as=("expand as one-hot",),
    ),
    KnownBug(
        None,
        "inaccurate gradient, sigmoid - label",
        "",
        _patched("optim.loss", _torchs_cross_entropy),
        layer="loss",
        config="sure-of-0",
        same_as=("binary_cross_entropy_with_logits by softplus",),
    ),
    KnownBug(36, "warm-up from 0", "step", _LATE, layer="learning_rate", config="release"),
    *generate_adam_bugs(Adam(_rate, 1e-7), "optimizer", "adam", after=after_step),
    *generate_adam_bugs(Adam(_rate, 1e-8, decay=1e-4), "optimizer", "adamw", after=after_step),
    KnownBug(
        8,
        "torch.optim.Adam",
        "",
        _patched("optim.KerasAdam", _torchs_adam),
        layer="optimizer",
        config="adam",
        same_as=("epsilon after the bias correction",),
    ),
    KnownBug(
        26,
        "torch's own initial values",
        "",
        _patched("initializers.Dense.reset_parameters", _torchs_initial_values),
        *_INITIAL,
    ),
    KnownBug(
        26,
        "Glorot with torch's fans",
        "",
        _patched("attention.glorot_uniform_", _torchs_glorot),
        *_INITIAL,
    ),
)
_ANY_WAY = "every reader returns the same batches, as the pair checks"
_CANCELS = "moves the number subtracted from all scores of a row, which no softmax can see"
_ABOVE_ROUNDING = "where all covariances are 0, the engine uses a constant for the norm"
_WHOLE = "a matrix has whole codes in its residue column; only the encoder's pair has fractions"
_COUNTED = "the engine counts whole codes: a protein's are truncated when it is read"
_ANY_WAY_TO_ASK = "a whole protein and single substitutions are given the same scores"
_HELD = "a step is the same however its weights lie in memory, as the pair checks"
EQUIVALENT = {
    "records: option way *": _ANY_WAY,
    "windows: option way *": _ANY_WAY,
    "multi_head_attention: sum as a mean (sum *": _CANCELS,
    "multi_head_attention_fast: sum as a mean (sum *": _CANCELS,
    "model_fast: sum as a mean (sum *": _CANCELS,
    "model_per_residue: add left out (add *, other=1e-12 *": _ABOVE_ROUNDING,
    "model_per_residue: add left out (all *": _ABOVE_ROUNDING,
    "model_fast: trunc as * of *x129)": _WHOLE,
    "model_per_residue: trunc as *": _COUNTED,
    "model_per_residue: option way *": _ANY_WAY_TO_ASK,
    "optimizer: option strided *": _HELD,
}
