"""Weights between Keras' layout and the port's state dict: every tensor used exactly once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.model_config import Config
from converters.weights.errors import Mismatch, Shape, WeightsError, shape_text
from converters.weights.weight_map import entries

__all__ = ["WeightsError", "to_canonical", "to_state_dict"]

Arrays = Mapping[str, NDArray[Any]]


def to_state_dict(canonical: Arrays, config: Config) -> dict[str, NDArray[Any]]:
    """Turn a model's weights from Keras' layout into the port's.

    Args:
        canonical: Every weight by canonical name (`mha/wq/kernel`), in Keras' layout.
        config: The model's settings.

    Returns:
        Every tensor of the port's state dict (`mha.wq.weight`), C-contiguous copies of the same
        dtype; the values are permuted, never changed.

    Raises:
        WeightsError: A weight is missing, unknown, or has another shape.
        ConfigError: The settings make no whole model.
    """
    table = entries(config)
    _check(canonical, {entry.name: entry.shape for entry in table}, "weight")
    state: dict[str, NDArray[Any]] = {}
    for entry in table:
        made = entry.transform.forward(np.asarray(canonical[entry.name]))
        state.update(zip(entry.keys, made, strict=True))
    return state


def to_canonical(state: Arrays, config: Config) -> dict[str, NDArray[Any]]:
    """Turn the port's state dict back into Keras' layout, in Keras' order.

    The exact inverse of `to_state_dict`, with the same arguments, guarantees and errors.
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
            f"{len(rows)} of {len(expected)} {noun}s do not fit the configuration, first"
            f" {first.name}: {first.shape}, expected {first.expected}",
            rows,
        )
