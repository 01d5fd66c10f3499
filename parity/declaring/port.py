"""Declarations of a port: a list of pairs, each one layer on both sides.

Nothing here imports a framework; the factories of a `Side` do so when they are called.
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
from parity.declaring.weight_files import WeightFiles
from parity.errors import ParityError, unknown


@dataclass(frozen=True)
class Built:
    """Layer built in one framework and one dtype, ready to be called.

    `call` takes named tensors of its framework and returns named tensors in a fixed order.
    `parameters` holds its trainable tensors: by canonical name for the reference, by the
    candidate's own keys (for instance `named_parameters()`) for the candidate.
    """

    call: Callable[[dict[str, Any]], Mapping[str, Any]]
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Side:
    """One side of a pair: the framework's name and a factory `(options, dtype) -> Built`.

    `framework` names a module of parity.runners: "tensorflow", "torch" or "numpy". `dtype` is
    "float32" or "float64", and the whole layer must be built in it. `before` changes the task of
    this side alone, `after` its outputs: this is how bugs are planted (parity.known_bugs).
    """

    framework: str
    build: Callable[[Options, str], Built]
    before: Callable[[Task], Task] | None = None
    after: Callable[[Arrays, Task], Arrays] | None = None


REFERENCE_OUTPUTS = "reference_outputs"
"""Option that holds the reference's outputs, for `Pair.in_place`."""


@dataclass(frozen=True)
class Configuration:
    """One configuration of a pair; `records` limits the batch of a very expensive layer.

    With `training` False, the layer is only compared in evaluation under this configuration.
    """

    name: str
    options: Options
    records: int | None = None
    training: bool = True


@renamed_fields(stages="intermediates")
@dataclass
class Given:
    """Data from which a pair makes its inputs."""

    inputs: InputSet
    config: Configuration
    seed: int
    run_whole: Callable[[], Arrays]

    @cached_property
    def intermediates(self) -> Arrays:
        """Run the whole reference on `inputs` and return its float32 intermediates by name."""
        return self.run_whole()


@renamed_fields(stages="intermediates")
@dataclass(frozen=True)
class Pair:
    """One layer on both sides, and everything needed to run it.

    Args:
        layer: the name of the layer.
        reference: how the reference is built.
        candidate: how the candidate is built.
        configs: at least one configuration, each checked by itself.
        inputs: makes the layer's inputs from `Given`.
        weights: the weight map under a configuration's options.
        intermediates: the names of this layer's outputs in the trace of the whole model; without
            any, the layer is not checked in cascade mode.
        differentiate: the outputs whose gradients are taken: all floating ones if None.
        distributions: outputs that are random samples; their distributions are compared.
        axes: the axes of an output in shape letters, such as "B H L".
        weights_of: the prefix of this layer's weights in the whole model.
        about: one line for `parity list`.
        no_onnx: why the layer cannot have an ONNX form; empty if it can.
        no_training: why the layer is only compared in evaluation; empty if also in training, where
            that differs.
        domains: the values that `parity fuzz` may put into an input; an input without a domain
            has one derived from its values.
        exempt_gradients: the reason, by input, why gradients by it are not compared; the input
            then needs no gradient on either side.
        in_place: the candidate with layers inside it that return given outputs of the reference,
            by name in the option `REFERENCE_OUTPUTS`; None if that cannot be built.
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
    no_training: str = ""
    domains: tuple[Domain, ...] = ()
    exempt_gradients: Mapping[str, str] = field(default_factory=dict)
    in_place: Side | None = None

    def __post_init__(self) -> None:
        for name, reason in self.exempt_gradients.items():
            if not reason.strip():
                raise ParityError(
                    f"pair {self.layer}: exempt_gradients['{name}'] is empty; state the reason"
                )
        names = [config.name for config in self.configs]
        if not names:
            raise ParityError(f"pair {self.layer}: has no configuration; expected at least one")
        if len(set(names)) < len(names):
            raise ParityError(f"pair {self.layer}: two configurations have the same name")

    def config(self, name: str) -> Configuration:
        """Return a configuration; raise ParityError with the nearest names if there is none."""
        for config in self.configs:
            if config.name == name:
                return config
        raise unknown("configuration", name, [config.name for config in self.configs])


@renamed_fields(excused="exempt", mistakes="known_bugs")
@dataclass(frozen=True)
class Port:
    """All pairs of one port.

    Args:
        name: the name of the port.
        pairs: at least one pair, each of another layer; none are needed for trainings alone.
        load_inputs: takes (source, seed, count) and returns records; source is None for those that
        ship with the port, "random", or a path.
        whole: the pair that runs the model from end to end; its outputs are the intermediates.
        exempt: each layer without a pair, with the reason.
        known_bugs: known bugs of this port's own, planted in addition to the engine's.
        equivalent: the reason why a planted bug changes nothing, by "<layer>: <name of the bug>",
            wildcards allowed.
        trainings: models that `parity train` trains in lockstep.
        batch: the number of records of every run, if the models do not take any number;
            `load_inputs` then returns as many, whatever it is asked for.
        records: the number of records that a check uses unless told otherwise.
        weight_files: how files of either model's weights are read and written; without it, only
            those that hold each weight by its own name (.npz, .safetensors, .pt).
    """

    name: str
    pairs: tuple[Pair, ...]
    load_inputs: Callable[[str | None, int, int], InputSet]
    whole: str | None = None
    exempt: Mapping[str, str] = field(default_factory=dict)
    known_bugs: tuple[KnownBug, ...] = ()
    equivalent: Mapping[str, str] = field(default_factory=dict)
    trainings: tuple[Training, ...] = ()
    batch: int | None = None
    records: int = 10
    weight_files: WeightFiles | None = None

    def __post_init__(self) -> None:
        layers = [pair.layer for pair in self.pairs]
        if not layers and not self.trainings:
            raise ParityError(f"port {self.name}: has no pairs; expected at least one")
        twice = {layer for layer in layers if layers.count(layer) > 1}
        if twice:
            raise ParityError(f"port {self.name}: declared twice: {', '.join(sorted(twice))}")
        if self.whole is not None and self.whole not in layers:
            raise ParityError(f"port {self.name}: no pair for the whole model, '{self.whole}'")
        if self.batch is not None and self.batch < 1:
            raise ParityError(f"port {self.name}: batch={self.batch}; expected 1 or more")

    @property
    def layers(self) -> list[str]:
        """Return the names of all pairs, in the order of declaration."""
        return [pair.layer for pair in self.pairs]

    def pair(self, layer: str) -> Pair:
        """Return the pair of `layer`; raise ParityError with the nearest names if there is none."""
        for pair in self.pairs:
            if pair.layer == layer:
                return pair
        raise unknown("layer", layer, self.layers)
