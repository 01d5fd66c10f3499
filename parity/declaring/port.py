"""What a user declares: a port is a list of pairs, a pair is one layer on both sides.

Nothing here imports a framework; the factories of a `Side` do, when they are called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from parity.arrays import Arrays
from parity.declaring.domains import Domain
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import KnownBug
from parity.declaring.renamed import renamed_fields
from parity.declaring.trace import Task
from parity.declaring.training import Training
from parity.declaring.weight import Options, Weight
from parity.errors import DeclarationError, unknown


@dataclass(frozen=True)
class Built:
    """A layer, built in one framework and one dtype, ready to be called.

    `call` takes named tensors of its framework and returns named tensors, in a fixed order.
    `parameters` holds its trainable tensors: by canonical name on the reference's side, by the
    candidate's own keys (for instance `named_parameters()`) on the candidate's.
    """

    call: Callable[[dict[str, Any]], Mapping[str, Any]]
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Side:
    """One side of a pair: the framework's name and a factory `(options, dtype) -> Built`.

    `framework` names a module of parity.runners: "tensorflow", "torch" or "numpy". `dtype` is
    "float32" or "float64", and the layer is to be built wholly in it. `before` changes what this
    side alone is handed, `after` what it gives: so mistakes are planted (parity.known_bugs).
    """

    framework: str
    build: Callable[[Options, str], Built]
    before: Callable[[Task], Task] | None = None
    after: Callable[[Arrays, Task], Arrays] | None = None


@dataclass(frozen=True)
class Configuration:
    """One way to configure a pair; `records` limits the batch where a layer is very costly."""

    name: str
    options: Options
    records: int | None = None


@renamed_fields(stages="intermediates")
@dataclass
class Given:
    """What a pair makes its inputs from; `intermediates` are the reference's own."""

    inputs: InputSet
    config: Configuration
    seed: int
    run_whole: Callable[[], Arrays]

    @cached_property
    def intermediates(self) -> Arrays:
        """The reference's own float32 intermediates, from running the whole model on `inputs`."""
        return self.run_whole()


@renamed_fields(stages="intermediates")
@dataclass(frozen=True)
class Pair:
    """One layer on both sides, and everything needed to run it.

    `inputs` makes the layer's inputs from what is `Given`. `intermediates` are the names of this
    layer's outputs in the whole model's trace; with none, the layer is not seen in a cascade.
    `differentiate` names the outputs whose gradients are taken (all floating ones if None, none if
    empty). Outputs in `distributions` are samples, compared as such. `axes` writes an output's axes
    in shape letters. `weights_of` is the prefix of this layer's weights in the whole model.
    `no_onnx` says why the layer can have no ONNX form; empty where it may.
    `domains` say what `parity fuzz` may put into an input; of one without, its own values tell.
    """

    layer: str
    reference: Side
    candidate: Side
    configs: tuple[Configuration, ...]
    inputs: Callable[[Given], Arrays]
    weights: Callable[[Options], tuple[Weight, ...]] = lambda options: ()
    intermediates: tuple[str, ...] = ()
    differentiate: tuple[str, ...] | None = None
    distributions: tuple[str, ...] = ()
    axes: Mapping[str, str] = field(default_factory=dict)
    weights_of: str | None = None
    about: str = ""
    no_onnx: str = ""
    domains: tuple[Domain, ...] = ()

    def __post_init__(self) -> None:
        names = [config.name for config in self.configs]
        if not names:
            raise DeclarationError(f"pair {self.layer}: has no configuration, so nothing to check")
        if len(set(names)) < len(names):
            raise DeclarationError(f"pair {self.layer}: two configurations of one name")


@renamed_fields(excused="exempt", mistakes="known_bugs")
@dataclass(frozen=True)
class Port:
    """All pairs of one port.

    `load_inputs(source, seed, count)` gives the records for a source named by the user: None for
    what ships with the port, "random", or a path. `whole` names the pair that runs the model from
    end to end and whose outputs are its intermediates. `exempt` holds each layer that has no pair,
    with the reason. `known_bugs` are known ones of this port's own, planted besides those that the
    engine knows. `equivalent` says of a planted mistake, by "<layer>: <its name>" with wildcards,
    why it changes nothing. `trainings` are what `parity train` trains in lockstep.
    """

    name: str
    pairs: tuple[Pair, ...]
    load_inputs: Callable[[str | None, int, int], InputSet]
    whole: str | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)
    known_bugs: tuple[KnownBug, ...] = ()
    equivalent: Mapping[str, str] = field(default_factory=dict)
    trainings: tuple[Training, ...] = ()

    def __post_init__(self) -> None:
        layers = [pair.layer for pair in self.pairs]
        if not layers:
            raise DeclarationError(f"port {self.name}: has no pairs, so nothing to check")
        twice = {layer for layer in layers if layers.count(layer) > 1}
        if twice:
            raise DeclarationError(f"port {self.name}: declared twice: {', '.join(sorted(twice))}")
        if self.whole is not None and self.whole not in layers:
            raise DeclarationError(f"port {self.name}: no pair for its whole, '{self.whole}'")

    @property
    def layers(self) -> list[str]:
        """The names of all pairs, in the order of declaration."""
        return [pair.layer for pair in self.pairs]

    def pair(self, layer: str) -> Pair:
        """The pair of `layer`; ParityError with the near names if there is none."""
        for pair in self.pairs:
            if pair.layer == layer:
                return pair
        raise unknown("layer", layer, self.layers)
