"""Tasks, and the traces of running them: named arrays and their origin."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from parity.arrays import Array, Arrays
from parity.declaring.training_mode import Trained, TrainingMode
from parity.declaring.weight import Options, Weight


@dataclass(frozen=True)
class Task:
    """Inputs and weights for one layer, the same for both sides and both dtypes.

    Arrays are float32 (or integer) in the reference's layout; a float64 run casts them, which is
    exact, so that every run starts from the same numbers. `differentiate` names the outputs whose
    gradients are taken: None for every floating one, empty for no gradients. A `perturbation`
    other than 0 seeds a change of the cotangents by one unit in the last place (ulp). Inputs
    named in `constant` need no gradient, and are not differentiated by. With `training`, the layer
    runs in training mode. `cotangents` returns those of floating outputs, by their shapes; without
    it, they are drawn.
    """

    options: Options
    inputs: Arrays
    weights: Arrays
    weight_map: tuple[Weight, ...]
    differentiate: tuple[str, ...] | None
    seed: int
    perturbation: int = 0
    constant: tuple[str, ...] = ()
    training: TrainingMode | None = None
    cotangents: Callable[[Mapping[str, tuple[int, ...]]], Arrays] | None = None


@dataclass(frozen=True)
class Trace:
    """Outputs and gradients of one run, in the reference's layout.

    `outputs` keeps the layer's own order. `gradients` is keyed by "input/<name>" and
    "weight/<canonical name>". `stored_dtypes` names the dtype of arrays for which numpy has none
    (bfloat16, all of whose values float32 can represent). `changed` names the inputs that the
    layer modified in place. `trained` is what a run in training mode found. `untrained` names the
    parameters that no gradient is taken of.
    """

    framework: str
    version: str
    dtype: str
    outputs: Arrays
    gradients: Arrays = field(default_factory=dict)
    parameter_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    stored_dtypes: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    trained: Trained | None = None
    untrained: tuple[str, ...] = ()

    def named(self) -> dict[str, Array]:
        """Return outputs, then gradients as "grad/...", in one dictionary."""
        return {**self.outputs, **{f"grad/{name}": g for name, g in self.gradients.items()}}
