"""Gradients of all sizes for the optimizers, and what they leave behind, under the same names."""

from typing import Any

import numpy as np

from parity.arrays import Arrays
from parity.declaring.inputs import generator
from parity.declaring.port import Given

STEPS = 8
# One column each: tiny gradients tell where epsilon stands, zero ones how weights decay.
SIZES = (1.0, 1e-3, 1e-7, 1e-9, 1e-20, 0.0)


def optimizer_inputs(given: Given) -> Arrays:
    """A weight (5, sizes) and gradients (steps, 5, sizes), float32."""
    random = generator("gmvp/optimizer", given.seed)
    gradients = random.standard_normal((STEPS, 5, len(SIZES))) * np.array(SIZES)
    return {
        "weight": random.standard_normal((5, len(SIZES))).astype(np.float32),
        "gradients": gradients.astype(np.float32),
    }


def after_step(step: int, weight: Any, mean: Any, mean_square: Any) -> dict[str, Any]:
    """The weight after a step, and Adam's m and v, of any framework's or numpy's kind.

    Moments are outputs of their own for each size of gradient: beside the large ones of another
    column, tiny ones would be nothing but rounding.
    """
    return {
        f"step_{step}": weight,
        **{
            f"step_{step}/{name}/{size:g}": moment[:, column]
            for name, moment in (("m", mean), ("v", mean_square))
            for column, size in enumerate(SIZES)
        },
    }
