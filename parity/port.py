"""Ports, pairs, sides, weights and inputs. Users' files import them from here."""

from parity.arrays import Array, Arrays
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Given, Pair, Port, Side
from parity.declaring.weight import Options, Weight

__all__ = [
    "Array",
    "Arrays",
    "Built",
    "Configuration",
    "Given",
    "InputSet",
    "Options",
    "Pair",
    "Port",
    "Side",
    "Weight",
]
