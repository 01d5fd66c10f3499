"""Conversion between Keras' layout and the port's state dict, using each tensor exactly once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.errors import Mismatch, Shape, WeightsError, shape_text
from converters.model_config import Config
from converters.weights.weight_map import entries

Arrays = Mapping[str, NDArray[Any]]


def to_state_dict(canonical: Arrays, config: Config) -> dict[str, NDArray[Any]]:
    """Convert a model's weights from Keras' layout to the port's.

    Args:
        canonical: canonical name (`mha/wq/kernel`) -> weight in Keras' layout.
        config: the model's settings.

    Returns:
        The port's state dict (`mha.wq.weight` -> tensor), C-contiguous copies of the same dtype;
        the values are permuted, never changed.

    Raises:
        WeightsError: a weight is missing, unknown, or of another shape.
        ConfigError: the settings do not describe a whole model.
    """
    table = entries(config)
    _check(canonical, {entry.name: entry.shape for entry in table}, "weight")
    state: dict[str, NDArray[Any]] = {}
    for entry in table:
        made = entry.transform.forward(np.asarray(canonical[entry.name]))
        state.update(zip(entry.keys, made, strict=True))
    return state


def to_canonical(state: Arrays, config: Config) -> dict[str, NDArray[Any]]:
    """Convert the port's state dict to Keras' layout, in Keras' order.

    This is the exact inverse of `to_state_dict`, with the same guarantees and errors.
    """
    table = entries(config)
    expected = {key: shape for entry in table for key, shape in entry.targets.items()}
    _check(state, expected, "tensor")
    return {
        entry.name: entry.transform.inverse([np.asarray(state[key]) for key in entry.keys])
        for entry in table
    }


def _check(found: Arrays, expected: Mapping[str, Shape], noun: str) -> None:
    rows = [
        Mismatch(name, "missing", shape_text(shape))
        for name, shape in expected.items()
        if name not in found
    ]
    for name, array in found.items():
        shape = tuple(np.shape(array))
        if name not in expected:
            rows.append(Mismatch(name, shape_text(shape), f"no such {noun}"))
        elif shape != expected[name]:
            rows.append(Mismatch(name, shape_text(shape), shape_text(expected[name])))
    if rows:
        first = rows[0]
        raise WeightsError(
            f"{len(rows)} of {len(expected)} {noun}s do not fit the configuration; the first is"
            f" {first.name}: {first.shape}, expected {first.expected}",
            rows,
        )
