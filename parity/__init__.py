"""Checks, layer by layer, that a port computes what its reference computes.

The engine knows nothing of any particular model: a `Port` declares pairs of layers, and
`parity check` runs each pair four times (both sides, in float32 and in float64) and judges it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from parity.arrays import Array, Arrays
    from parity.declaring.inputs import InputSet
    from parity.declaring.port import Built, Configuration, Given, Pair, Port, Side
    from parity.declaring.training import Learner, Training, TrainingSide
    from parity.declaring.weight import Weight

    # Stated again, as an import would let every room import the folder that has it.
    def convert(port: Port | str, weights: str | Path | Mapping[str, Array]) -> Arrays:
        """Convert weights of a port's reference to the state dict of its candidate."""


__all__ = [
    "Built",
    "Configuration",
    "Given",
    "InputSet",
    "Learner",
    "Pair",
    "Port",
    "Side",
    "Training",
    "TrainingSide",
    "Weight",
    "convert",
]


def __getattr__(name: str) -> Any:
    # Imported on first use: these need numpy, and pytest imports this package at each start for the
    # plugin that lies in it.
    if name not in __all__:
        raise AttributeError(f"module 'parity' has no attribute '{name}'")
    if name == "convert":
        import importlib

        return importlib.import_module("parity.convert")
    from parity.declaring import port, training

    return getattr(port if hasattr(port, name) else training, name)
