"""Inputs of each layer of gMVP: intermediates of the reference, or random numbers."""

from collections.abc import Callable

import numpy as np

from converters.columns import ALIGNED_RESIDUES, ALIGNMENT, N_AMINO_ACIDS, SPECIES, STRUCTURE
from parity.arrays import Array, Arrays
from parity.declaring.inputs import generator
from parity.declaring.port import Given
from parity.declaring.weight import Options

ODD_CODES = (21.0, 25.0, 3.75, 19.5, -0.5)
"""Residue codes beyond the alphabet, between two codes, and just below 0."""


def of_intermediate(**sources: str) -> Callable[[Given], Arrays]:
    """Take inputs from intermediates of the reference's whole model."""
    return lambda given: {
        name: given.intermediates[intermediate] for name, intermediate in sources.items()
    }


def batch(given: Given) -> Arrays:
    """Take the records as they are, or as many variants and windows as the options ask for.

    With "windows" in the options, `window` (B,) int64 gives the window of each variant; with
    "masks", the GRU cell's dropout masks are drawn.
    """
    options, arrays = given.config.options, given.inputs.arrays
    if options.get("codes") == "any":
        arrays = {**arrays, "feature": with_any_codes(arrays["feature"], given.seed)}
    if "variants" in options:
        arrays = _repeated(arrays, options["variants"], given.seed)
    if options.get("masks"):
        arrays = {**arrays, **_dropout_masks(given)}
    if "windows" not in options:
        return arrays
    random, windows = generator("gmvp/windows of variants", given.seed), options["windows"]
    # Each window has a variant, and neighbours in the batch have different windows.
    more = random.integers(0, windows, options["variants"] - windows)
    shared = {name: arrays[name][:windows] for name in ("feature", "mask")}
    return {**arrays, **shared, "window": random.permutation(np.r_[0:windows, more])}


def _repeated(arrays: Arrays, count: int, seed: int) -> Arrays:
    """Repeat the records up to `count`, each time with its species in another order."""
    random, number = generator("gmvp/repeated", seed), len(arrays["label"])
    repeated = {name: array[np.arange(count) % number] for name, array in arrays.items()}
    for start in range(number, count, number):
        codes = repeated["feature"][start : start + number, :, ALIGNED_RESIDUES]
        codes[:] = codes[..., random.permutation(SPECIES)]
        repeated["alt_aa"][start:] = (repeated["alt_aa"][start:] + 1) % N_AMINO_ACIDS
    return repeated


def with_any_codes(feature: Array, seed: int) -> Array:
    """Return features (..., 435) in which one species' residue in a hundred has an odd code.

    These lie between two codes, beyond the alphabet, or just below 0. One number of the structure
    in a hundred is -1 or less, as no residue code may be.
    """
    random, found = generator("gmvp/codes", seed), feature.copy()
    rows = found[..., ALIGNED_RESIDUES]
    odd = random.random(rows.shape) < 0.01
    rows[odd] = random.choice(ODD_CODES, int(odd.sum()))
    structure = found[..., STRUCTURE]
    negative = random.random(structure.shape) < 0.01
    structure[negative] = -random.uniform(1, 5, int(negative.sum()))
    return found


def alignment(given: Given) -> Arrays:
    """Take the columns of the feature matrix that hold the alignment, (B, L, 400)."""
    return {"x": batch(given)["feature"][..., ALIGNMENT]}


def attention(given: Given) -> Arrays:
    """Take the variant as the only query, and its neighbours."""
    return {
        "query": given.intermediates["variant_encoding"][:, None],
        "context": given.intermediates["neighbor_encoding"],
        "pairwise": given.intermediates["pairwise_encoding"],
        "mask": given.inputs.arrays["mask"],
    }


def gru(given: Given) -> Arrays:
    """Take the variant and the attention's output; with dropout masks, draw everything."""
    options, random = given.config.options, generator("gmvp/gru", given.seed)
    if not options.get("masks"):
        return {
            "inputs": given.intermediates["variant_encoding"],
            "state": given.intermediates["mha"],
        }
    batch, widths = len(given.inputs.arrays["label"]), _gru_widths(options)
    drawn = {name: random.standard_normal((batch, width)) for name, width in widths.items()}
    return {n: array.astype(np.float32) for n, array in drawn.items()} | _dropout_masks(given)


def _gru_widths(options: Options) -> dict[str, int]:
    return {"inputs": options["d_fc"], "state": options["d_model"]}


def _dropout_masks(given: Given) -> Arrays:
    """Draw dropout masks of the GRU cell, scaled, (3, B, F) and (3, B, M), in the order z, r, h."""
    options, random = given.config.options, generator("gmvp/dropout masks", given.seed)
    batch, keep = len(given.inputs.arrays["label"]), 1 - options["dropout_rate"]
    inputs, state = (
        ((random.random((3, batch, width)) < keep) / keep).astype(np.float32)
        for width in _gru_widths(options).values()
    )
    return {"input_masks": inputs, "state_masks": state}


def loss(given: Given) -> Arrays:
    """Return logits from certain to undecided for both labels, or ones that are sure of one."""
    label = given.config.options["sure_of"]
    if label is not None:
        logits = (2 * label - 1) * np.array([6, 7, 8, 9], np.float32)
        return {"logit": logits, "label": np.full(4, label, np.float32)}
    logits = np.array([-100, -20, -3, -1e-3, 0, 1e-3, 3, 20, 100], np.float32)
    labels = np.repeat(np.array([0, 1], np.float32), len(logits))
    return {"logit": np.tile(logits, 2), "label": labels}


def steps(given: Given) -> Arrays:
    """Return every step of the warm-up, and every fortieth of the decay and beyond."""
    return {"step": np.r_[0:120, 120:2600:40].astype(np.int64)}


def seeds(given: Given) -> Arrays:
    """Return sixteen seeds, which depend on the seed of the check."""
    return {"seeds": np.arange(16, dtype=np.int64) + 100 * given.seed}
