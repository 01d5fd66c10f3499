"""Checks, layer by layer, that a port computes what its reference computes.

The engine knows nothing of any particular model: a `Port` declares pairs of layers, and
`parity check` runs each pair four times (both sides, in float32 and in float64) and judges it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.declaring.inputs import InputSet
    from parity.declaring.port import Built, Configuration, Given, Pair, Port, Side
    from parity.declaring.training import Learner, Training, TrainingSide
    from parity.declaring.weight import Weight

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
]


def __getattr__(name: str) -> Any:
    # Imported on first use: these need numpy, and pytest imports this package at each start for the
    # plugin that lies in it.
    if name not in __all__:
        raise AttributeError(f"module 'parity' has no attribute '{name}'")
    from parity.declaring import port, training

    return getattr(port if hasattr(port, name) else training, name)
