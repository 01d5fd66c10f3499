"""Inputs of each layer of gMVP: intermediates of the reference, or random numbers."""

from collections.abc import Callable

import numpy as np

from parity.arrays import Arrays
from parity.declaring.inputs import generator
from parity.declaring.port import Given

_ALIGNMENT = slice(21, 421)


def of_intermediate(**sources: str) -> Callable[[Given], Arrays]:
    """Take inputs from intermediates of the reference's whole model."""
    return lambda given: {
        name: given.intermediates[intermediate] for name, intermediate in sources.items()
    }


def alignment(given: Given) -> Arrays:
    """Take the columns of the feature matrix that hold the alignment, (B, L, 400)."""
    return {"x": given.inputs.arrays["feature"][..., _ALIGNMENT]}


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
    batch, keep = len(given.inputs.arrays["label"]), 1 - options["dropout_rate"]
    widths = {"inputs": options["d_fc"], "state": options["d_model"]}
    drawn = {name: random.standard_normal((batch, width)) for name, width in widths.items()}
    drawn["input_masks"] = (random.random((3, batch, widths["inputs"])) < keep) / keep
    drawn["state_masks"] = (random.random((3, batch, widths["state"])) < keep) / keep
    return {name: array.astype(np.float32) for name, array in drawn.items()}


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
