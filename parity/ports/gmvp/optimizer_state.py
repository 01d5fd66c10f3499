"""Inputs of the optimizer pair, gradients of all sizes, and the names of its outputs."""

from typing import Any

import numpy as np

from parity.arrays import Arrays
from parity.declaring.inputs import generator
from parity.declaring.port import Given

STEPS = 8
# One column each: tiny gradients show where epsilon is added, zero ones how weights decay.
SIZES = (1.0, 1e-3, 1e-7, 1e-9, 1e-20, 0.0)


def optimizer_inputs(given: Given) -> Arrays:
    """Draw a weight (5, sizes) and gradients (steps, 5, sizes), float32."""
    random = generator("gmvp/optimizer", given.seed)
    gradients = random.standard_normal((STEPS, 5, len(SIZES))) * np.array(SIZES)
    return {
        "weight": random.standard_normal((5, len(SIZES))).astype(np.float32),
        "gradients": gradients.astype(np.float32),
    }


def after_step(step: int, weight: Any, mean: Any, mean_square: Any) -> dict[str, Any]:
    """Name the weight after a step, and Adam's m and v, as tensors or arrays.

    Moments are separate outputs for each size of gradient: compared along with a column of large
    ones, tiny ones would be lost in rounding.
    """
    return {
        f"step_{step}": weight,
        **{
            f"step_{step}/{name}/{size:g}": moment[:, column]
            for name, moment in (("m", mean), ("v", mean_square))
            for column, size in enumerate(SIZES)
        },
    }
