"""What is paired: a layer of a known kind as a whole, or a single weight of any other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parity.init import generic, joined, rules
from parity.init.option import Option
from parity.runners.survey import Held, Part

Influence = Mapping[str, frozenset[int]]


@dataclass(frozen=True)
class Unit:
    """Some weights of one part; `order` counts units as the model calls them."""

    part: Part
    weights: tuple[Held, ...]
    order: int

    @property
    def name(self) -> str:
        """How people call it: the weight, or the layer."""
        return self.weights[0].name if len(self.weights) == 1 else self.part.name

    @property
    def members(self) -> frozenset[str]:
        """The layers that this is, one or two joined, each by its first weight."""
        if joined.is_joined(self.part):
            return frozenset(part.weights[0].name for part in joined.members(self.part))
        return frozenset({self.weights[0].name})

    def influence(self, influences: Influence) -> frozenset[int]:
        """Which of the model's outputs any of its weights changes."""
        return frozenset().union(*(influences[held.name] for held in self.weights))


def whole(parts: Sequence[Part]) -> list[Unit]:
    """Every part as one unit."""
    return [Unit(part, part.weights, number) for number, part in enumerate(parts)]


def together(reference: Sequence[Part], candidate: Sequence[Part]) -> list[Unit]:
    """Every two layers of the candidate that can hold one of the reference's, as one unit.

    They come in the order in which the second is called.
    """
    order = {part.weights[0].name: number for number, part in enumerate(candidate)}
    return [
        Unit(part, part.weights, max(order[one.weights[0].name] for one in joined.members(part)))
        for part in joined.joined(reference, candidate)
    ]


def singles(parts: Sequence[Part], taken: set[str]) -> list[Unit]:
    """Every weight that is not taken as a unit."""
    left = [(part, held) for part in parts for held in part.weights if held.name not in taken]
    return [Unit(part, (held,), number) for number, (part, held) in enumerate(left)]


def options(reference: Unit, candidate: Unit) -> list[Option]:
    """How the candidate's unit may hold the reference's, likeliest first; empty if it cannot."""
    if joined.is_joined(candidate.part):
        whole = reference.weights == reference.part.weights
        return joined.options(reference.part, candidate.part) if whole else []
    if len(reference.weights) == len(candidate.weights) == 1:
        if reference.weights == reference.part.weights:
            option = rules.known(reference.part, candidate.part)
            if option:
                return [option]
        found = generic.single(reference.weights[0], candidate.weights[0])
        # A Linear holds its matrix as (out, in), which the reference's layer rarely does.
        turned = candidate.part.kind == "Linear" and len(found) > 1
        return found[::-1] if turned else found
    option = rules.known(reference.part, candidate.part)
    return [option] if option else generic.gated(reference.part, candidate.weights)


def same_name(reference: str, candidate: str) -> bool:
    """Whether two paths differ only in how the frameworks write and call such things."""
    return _plain(reference) == _plain(candidate)


_ROLES = {
    "kernel": "weight",
    "gamma": "weight",
    "embeddings": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _plain(path: str) -> list[str]:
    parts = path.lower().replace("/", ".").split(".")
    return [_ROLES.get(part, part).replace("_", "") for part in parts]
