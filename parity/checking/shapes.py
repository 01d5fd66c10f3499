"""Shapes of a layer's outputs and weights on both sides, from one float32 run of each."""

from collections.abc import Iterator
from dataclasses import dataclass

from parity.checking.checker import Checker
from parity.declaring.port import Configuration, Pair
from parity.runners.side import run_side


@dataclass(frozen=True)
class IntermediateShape:
    """Shape of one output or weight on both sides; None for a side that lacks it."""

    layer: str
    config: str
    kind: str
    name: str
    axes: str
    reference: tuple[int, ...] | None
    candidate: tuple[int, ...] | None
    transform: str = ""

    @property
    def agree(self) -> bool:
        """Return whether the shapes are equal, or differ only by the weight's transform."""
        if self.kind == "weight":
            return self.candidate is not None
        return self.reference == self.candidate


def layer_shapes(
    checker: Checker, pair: Pair, config: Configuration
) -> Iterator[IntermediateShape]:
    """Yield the shapes of every output, then of every weight, of one layer.

    Raises ParityError if a side cannot be run.
    """
    task = checker.task(pair, config)
    reference = checker.reference.trace(pair, config, task)
    candidate = run_side(pair, "candidate", task)
    names = [*reference.outputs, *(n for n in candidate.outputs if n not in reference.outputs)]
    for name in names:
        ours, theirs = candidate.outputs.get(name), reference.outputs.get(name)
        yield IntermediateShape(
            pair.layer,
            config.name,
            "output",
            name,
            pair.axes.get(name, ""),
            None if theirs is None else theirs.shape,
            None if ours is None else ours.shape,
        )
    for weight in pair.weights(config.options):
        for key in weight.keys:
            yield IntermediateShape(
                pair.layer,
                config.name,
                "weight",
                weight.name if len(weight.keys) == 1 else f"{weight.name} -> {key}",
                "",
                weight.shape,
                candidate.parameter_shapes.get(key),
                weight.transform,
            )
