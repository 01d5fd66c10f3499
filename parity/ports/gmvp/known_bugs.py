"""Known bugs of gMVP ports, besides those of any port, to be planted and recognised."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import ChangedInputs, KnownBug, PatchedCode
from parity.known_bugs.optimizers import Adam, generate_adam_bugs
from parity.ports.gmvp.configs import RELEASE_RATE
from parity.ports.gmvp.optimizer_state import after_step

_CENTER, _SPECIES, _LAST_STATE = 64, 200, 20


def _change_input(name: str, change: Callable[[Array], Array]) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, name: change(arrays[name])}


def _clamp_codes(x: Array) -> Array:
    codes = np.clip(x[..., :_SPECIES], 0, _LAST_STATE)
    return np.concatenate([codes, x[..., _SPECIES:]], axis=-1)


def _open_center(mask: Array) -> Array:
    opened = mask.copy()
    opened[:, _CENTER] = 0
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


def _torchs_adam() -> AbstractContextManager[Any]:
    import torch

    return patch("pt_gmvp.optim.KerasAdam", lambda weights: torch.optim.Adam(weights, eps=1e-7))


def _torchs_one_hot() -> AbstractContextManager[Any]:
    import torch

    def one_hot(codes: Any, depth: int, dtype: Any) -> Any:
        return torch.nn.functional.one_hot(codes.long(), depth).to(dtype)

    return patch("pt_gmvp.evol_encoder.one_hot", one_hot)


def _no_one_hot() -> AbstractContextManager[Any]:
    def one_hot(codes: Any, depth: int, dtype: Any) -> Any:
        return codes.unsqueeze(-1).expand(*codes.shape, depth).to(dtype)

    return patch("pt_gmvp.model.one_hot", one_hot)


def _torchs_initial_values() -> AbstractContextManager[Any]:
    import torch

    def reset(self: Any, generator: Any = None) -> None:
        torch.nn.Linear.reset_parameters(self)

    return patch("pt_gmvp.initializers.Dense.reset_parameters", reset)


def _torchs_glorot() -> AbstractContextManager[Any]:
    import torch

    def glorot(tensor: Any, shape: Any = None, generator: Any = None) -> Any:
        return torch.nn.init.xavier_uniform_(tensor, generator=generator)

    return patch("pt_gmvp.attention.glorot_uniform_", glorot)


def _torchs_cross_entropy() -> AbstractContextManager[Any]:
    import torch

    def loss(logits: Any, labels: Any) -> Any:
        entropy = torch.nn.functional.binary_cross_entropy_with_logits
        return entropy(logits, labels.to(logits.dtype))

    return patch("pt_gmvp.optim.loss", loss)


KNOWN_BUGS = (
    KnownBug(
        17,
        "codes out of range clamped to the last state",
        "x",
        ChangedInputs(_change_input("x", _clamp_codes)),
        layer="evol_encoder",
    ),
    KnownBug(
        17,
        "codes out of range refused",
        "x",
        PatchedCode(_torchs_one_hot, without_refused=_change_input("x", _clamp_codes)),
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
    KnownBug(
        22,
        "centre not masked",
        "mask",
        ChangedInputs(_change_input("mask", _open_center)),
        layer="model",
    ),
    KnownBug(
        None, "residues swapped", "ref_aa, alt_aa", ChangedInputs(_swap_residues), layer="model"
    ),
    KnownBug(
        17,
        "one-hot encoding left out",
        "",
        PatchedCode(_no_one_hot),
        layer="model",
        same_as=("expand as one-hot",),
    ),
    KnownBug(
        None,
        "inaccurate gradient, sigmoid - label",
        "",
        PatchedCode(_torchs_cross_entropy),
        layer="loss",
        config="sure-of-0",
        same_as=("binary_cross_entropy_with_logits by softplus",),
    ),
    KnownBug(
        36,
        "warm-up from 0",
        "step",
        ChangedInputs(_change_input("step", _one_step_late)),
        layer="learning_rate",
        config="release",
    ),
    *generate_adam_bugs(Adam(_rate, 1e-7), "optimizer", "adam", after=after_step),
    *generate_adam_bugs(Adam(_rate, 1e-8, decay=1e-4), "optimizer", "adamw", after=after_step),
    KnownBug(
        8,
        "torch.optim.Adam",
        "",
        PatchedCode(_torchs_adam),
        layer="optimizer",
        config="adam",
        same_as=("epsilon after the bias correction",),
    ),
    KnownBug(
        26,
        "torch's own initial values",
        "",
        PatchedCode(_torchs_initial_values),
        layer="initial_values",
        config="nn-cov-spe-uneven",
    ),
    KnownBug(
        26,
        "Glorot with torch's fans",
        "",
        PatchedCode(_torchs_glorot),
        layer="initial_values",
        config="nn-cov-spe-uneven",
    ),
)
_ANY_WAY = "every way to read gives the same batches, as the pair checks"
_CANCELS = "moves the number subtracted from all scores of a row, which no softmax can see"
_ABOVE_ROUNDING = "where all covariances are 0, the engine takes the norm from a constant"
_WHOLE = "a matrix has whole codes in its residue column; only the encoder's pair has fractions"
EQUIVALENT = {
    "records: option way *": _ANY_WAY,
    "windows: option way *": _ANY_WAY,
    "multi_head_attention: sum as a mean (sum *": _CANCELS,
    "multi_head_attention_fast: sum as a mean (sum *": _CANCELS,
    "model_fast: sum as a mean (sum *": _CANCELS,
    "model_per_residue: add left out (add *, other=1e-12 *": _ABOVE_ROUNDING,
    "model_per_residue: add left out (all *": _ABOVE_ROUNDING,
    "model_fast: trunc as * (trunc 1, *": _WHOLE,
}
