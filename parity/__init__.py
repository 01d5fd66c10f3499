"""Checks, layer by layer, that a port computes what its reference computes.

The engine knows nothing of any particular model: a `Port` declares pairs of layers, and
`parity check` runs each pair four times (both sides, in float32 and in float64) and judges it.
"""

from parity.port import Built, Configuration, Given, InputSet, Pair, Port, Side, Weight
from parity.training import Learner, Training, TrainingSide

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
