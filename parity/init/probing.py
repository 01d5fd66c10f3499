"""Runs both models under drawn weights, to see which maps make them agree.

All in float64. A map is taken to agree where what is left is no more than a constant kept as a
float32 leaves; a wrong one of drawn weights leaves a hundred thousand times as much.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import draw_weights, generator
from parity.declaring.models import Layer
from parity.declaring.weight import Weight
from parity.init.alike import frames, seen_alike
from parity.init.option import Option
from parity.judging import oracle
from parity.judging.elementwise import relative_gap
from parity.runners.survey import Held, Opened, Part, Survey

AGREES = 4 * oracle.EPS32


@dataclass(frozen=True)
class Tried:
    """What one map came to: the error of each output, and of each layer alone where that is asked.

    Errors are relative to the scale of the reference's. `frames` are layers made of several ones
    that agree, and are among the intermediates.
    """

    finals: Mapping[str, float]
    intermediates: Mapping[str, float]
    alone: Mapping[str, float] = field(default_factory=dict)
    frames: tuple[Layer, ...] = ()

    @property
    def score(self) -> int:
        """How much agrees; a layer that agrees only when handed the right input counts half."""
        whole = [*self.finals.values(), *self.intermediates.values()]
        return 2 * sum(map(_agrees, whole)) + sum(map(_agrees, self.alone.values()))

    @property
    def agrees(self) -> bool:
        """Whether all that the models give agrees."""
        return bool(self.finals) and all(map(_agrees, self.finals.values()))

    def confirms(self, layer: str) -> bool:
        """Whether the layer agrees, in the whole run or alone."""
        return _agrees(self.intermediates.get(layer, np.inf)) or _agrees(
            self.alone.get(layer, np.inf)
        )


def _agrees(error: float) -> bool:
    return error <= AGREES


Pairing = tuple[Part, Part, Option]


class Probe:
    """Both models, opened in float64, one input and one draw of the reference's weights."""

    def __init__(self, reference: Opened, candidate: Opened, inputs: Arrays, seed: int) -> None:
        self.reference, self.candidate, self.inputs = reference, candidate, inputs
        self.surveys: tuple[Survey, Survey] = (reference.survey(inputs), candidate.survey(inputs))
        self.weights = _drawn(self.surveys[0].weights, seed)
        # Other numbers: what is compared must not agree before a map makes it so.
        self.others = _drawn(self.surveys[1].weights, seed + 1)
        self.runs = 0
        whole = [
            Layer(part.path, "")
            for part in (*self.surveys[0].parts, *self.surveys[0].frames)
            if part.path and len(part.inputs) == 1
        ]
        self.expected = reference.run(self.weights, inputs, whole)
        self.finals = [name for name in self.expected if _final(name)]

    def influences(self) -> tuple[dict[str, frozenset[int]], dict[str, frozenset[int]]]:
        """Which of the model's outputs, by number, change when a weight does; on each side."""
        return (
            _influences(self.reference, self.weights, self.inputs),
            _influences(self.candidate, self.others, self.inputs),
        )

    def try_map(self, pairings: Sequence[Pairing]) -> Tried:
        """Give the candidate the reference's weights by a map, and compare."""
        self.runs += 1
        laid_out = self._laid_out(pairings)
        single = _seen(pairings)
        own = {layer.reference for layer in single}
        made_of = [
            layer
            for layer in frames(self.surveys, [option for _, _, option in pairings])
            if layer.reference not in own
        ]
        layers = [*single, *made_of]
        given = self.candidate.run(laid_out, self.inputs, layers)
        names = [layer.reference for layer in layers]
        finals = [name for name in given if name not in names and not name.endswith("/input")]
        # In the order of both: a dictionary on one side and a tuple on the other may be the same.
        compared = {
            mine: relative_gap(self.expected[mine], given[theirs])
            for mine, theirs in zip(self.finals, finals, strict=False)
        }
        if len(finals) != len(self.finals):
            compared = dict.fromkeys(self.finals, np.inf) | compared
        intermediates = {name: relative_gap(self.expected[name], given.get(name)) for name in names}
        alone = {
            layer.reference: self._alone(layer, laid_out)
            for layer in layers
            if not _agrees(intermediates[layer.reference])
        }
        tried = Tried(compared, intermediates, alone)
        agreeing = tuple(layer for layer in made_of if tried.confirms(layer.reference))
        others = {layer.reference for layer in made_of if layer not in agreeing}
        return Tried(compared, _without(intermediates, others), _without(alone, others), agreeing)

    def _alone(self, layer: Layer, laid_out: Arrays) -> float:
        tensor = self.expected[f"{layer.reference}/input"]
        given = self.candidate.run_layer(layer, laid_out, tensor)
        return relative_gap(self.expected[layer.reference], given[layer.reference])

    def _laid_out(self, pairings: Sequence[Pairing]) -> Arrays:
        found = dict(self.others)
        for _, _, option in pairings:
            thirds: dict[str, list[Array]] = {}
            for weight in option.weights:
                arrays = weight.forward(self.weights[weight.name])
                for key, array in zip(weight.keys, arrays, strict=True):
                    thirds.setdefault(key.partition("[")[0], []).append(array)
            found |= {key: np.concatenate(a) if len(a) > 1 else a[0] for key, a in thirds.items()}
            found |= {key: np.zeros_like(found[key]) for key in option.zero}
        return found


def _without(errors: Mapping[str, float], layers: set[str]) -> dict[str, float]:
    return {name: error for name, error in errors.items() if name not in layers}


def _seen(pairings: Sequence[Pairing]) -> list[Layer]:
    """The layers that are seen on both sides: not those whose weights lie in several of theirs."""
    partners: dict[str, dict[str, Layer | str]] = {}
    for reference, candidate, _ in pairings:
        seen = seen_alike(reference, candidate)
        partners.setdefault(reference.path, {})[candidate.path] = seen
    found = [next(iter(seen.values())) for seen in partners.values() if len(seen) == 1]
    return [layer for layer in found if isinstance(layer, Layer)]


def _final(name: str) -> bool:
    return name.partition("/")[0] in ("output", "result")


def _drawn(held: Sequence[Held], seed: int) -> Arrays:
    weights = tuple(
        Weight(one.name, one.shape, (one.name,), positive=one.name.endswith(("variance", "var")))
        for one in held
    )
    return draw_weights(weights, seed)


def _influences(model: Opened, weights: Arrays, inputs: Arrays) -> dict[str, frozenset[int]]:
    base = list(model.run(weights, inputs, ()).values())
    found = {}
    for name, array in weights.items():
        # Each element by another factor, as many functions take no notice of a shift of all.
        factors = generator(f"moved/{name}", 1).uniform(0.5, 1.5, array.shape)
        after = list(model.run({**weights, name: array * factors}, inputs, ()).values())
        pairs = enumerate(zip(base, after, strict=True))
        found[name] = frozenset(n for n, (a, b) in pairs if not _agrees(relative_gap(a, b)))
    model.run(weights, inputs, ())
    return found
