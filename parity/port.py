"""What a user declares: ports, pairs, sides, weights and inputs. Kept under this name for users' files."""

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
