"""What one run of one side left behind: named arrays and how they came to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parity.arrays import Array, Arrays
from parity.declaring.weight import Options, Weight


@dataclass(frozen=True)
class Task:
    """One thing to run: the same for both sides and both dtypes.

    Inputs and weights are float32 (or integer) arrays in the reference's layout; a float64 run
    casts them, which is exact, so that every run starts from the same numbers. `differentiate`
    names the outputs to take gradients of: None for every floating one, empty for no gradients.
    A `neighbour` other than 0 moves the cotangents by a unit in the last place, another way each.
    """

    options: Options
    inputs: Arrays
    weights: Arrays
    weight_map: tuple[Weight, ...]
    differentiate: tuple[str, ...] | None
    seed: int
    perturbation: int = 0


@dataclass(frozen=True)
class Trace:
    """Outputs and gradients of one run, in the reference's layout.

    `outputs` keeps the order in which the layer gave them. `gradients` is by "input/<name>" and
    "weight/<canonical name>". `held_as` names the dtype of arrays for which numpy has none
    (bfloat16, of which float32 holds every number). `changed` names the inputs that were changed
    in place.
    """

    framework: str
    version: str
    dtype: str
    outputs: Arrays
    gradients: Arrays = field(default_factory=dict)
    parameter_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    held_as: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()

    def named(self) -> dict[str, Array]:
        """Outputs first, then gradients as "grad/...", in one dictionary."""
        return {**self.outputs, **{f"grad/{name}": g for name, g in self.gradients.items()}}
