"""Both sides' dimensions side by side: what `parity shapes` shows, and nothing but float32 runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from parity.checking.checker import Checker
from parity.declaring.port import Configuration, Pair


@dataclass(frozen=True)
class IntermediateShape:
    """One intermediate or weight of a layer as both sides have it; None where a side has it not."""

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
        """Whether the dimensions are the same, or differ only as the weight's transform says."""
        if self.kind == "weight":
            return self.candidate is not None
        return self.reference == self.candidate


def of_layer(checker: Checker, pair: Pair, config: Configuration) -> Iterator[IntermediateShape]:
    """Every output, then every weight, of one layer under one configuration."""
    reference, candidate = checker.traces(pair, config)
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
