"""What is proposed, and how sure each part of it is, with the reason."""

from dataclasses import dataclass, replace

from parity.declaring.models import Layer
from parity.init.alike import seen_alike
from parity.init.joined import is_joined
from parity.init.moves import Choice
from parity.init.option import Option
from parity.init.probing import Probe, Tried
from parity.init.search import Found, Search
from parity.runners.survey import Held, Part

_TIES_SHOWN = 2
_UNFOLLOWED = "no output follows it"


@dataclass(frozen=True)
class Match:
    """Weights of one part of the reference and where the candidate has them.

    `evidence` says why if it is sure, else why it is not.
    """

    reference: Part
    candidate: Part
    option: Option
    sure: bool
    evidence: str


@dataclass(frozen=True)
class Proposal:
    """All matches in the reference's order, and what is left over on either side.

    `agree` says whether both models' outputs agree under the map, to the relative `error`;
    `complete` whether all possibilities were tried.
    """

    matches: tuple[Match, ...]
    layers: tuple[Layer, ...]
    exempt: dict[str, str]
    left: tuple[Held, ...]
    spare: tuple[Held, ...]
    agree: bool
    error: float
    complete: bool
    runs: int

    @property
    def unsure(self) -> int:
        """How many things are not sure."""
        return sum(not m.sure for m in self.matches) + len(self.left) + len(self.spare)


def propose(probe: Probe) -> Proposal:
    """Search, and judge what was found."""
    search = Search(probe)
    found = search.run()
    matches = tuple(
        Match(choice.reference.part, choice.candidate.part, choice.option, *judged)
        for number, choice in enumerate(found.plan)
        for judged in [_judged(search, found, number, choice)]
    )
    if found.tried.agrees:
        matches = tuple(_with_its_fellows(match, matches) for match in matches)
    names = {name for match in matches for name in match.option.names}
    keys = {key for match in matches for key in match.option.keys}
    layers, exempt = _layers(probe, matches, found.tried)
    return Proposal(
        matches,
        layers,
        exempt,
        tuple(held for held in probe.surveys[0].weights if held.name not in names),
        tuple(held for held in probe.surveys[1].weights if held.name not in keys),
        found.tried.agrees,
        max(found.tried.finals.values(), default=float("inf")),
        found.complete,
        probe.runs,
    )


def _judged(search: Search, found: Found, number: int, choice: Choice) -> tuple[bool, str]:
    """Whether a choice is sure, and why."""
    ties = list(dict.fromkeys(found.ties.get(number, [])))
    if ties:
        shown = "; ".join(ties[:_TIES_SHOWN])
        more = f"; and {len(ties) - _TIES_SHOWN} more" if len(ties) > _TIES_SHOWN else ""
        return False, f"as much agrees with {shown}{more}"
    tried = found.tried
    seen = bool(choice.reference.influence(search.influences[0]))
    if not found.complete:
        return False, f"not all possibilities were tried in {search.probe.runs} runs"
    path, whole = choice.reference.part.path, len(choice.reference.weights) > 1
    if (whole or choice.option.known) and path in tried.intermediates and tried.confirms(path):
        error = min(tried.intermediates[path], tried.alone.get(path, float("inf")))
        return True, f"the layer agrees {_to(error)}{_beside(found, number)}"
    if tried.agrees and seen:
        error = max(tried.finals.values())
        return True, f"the outputs agree {_to(error)}{_beside(found, number)}"
    if choice.option.known and not found.others.get(number):
        return True, "the only layer of this kind and shape; values do not confirm it"
    if found.others.get(number):
        return True, f"more agrees so than in any other way{_beside(found, number)}"
    why = _UNFOLLOWED if not seen else "the outputs differ all the same"
    return False, f"the only one whose shape fits, and values do not confirm it: {why}"


def _with_its_fellows(match: Match, matches: tuple[Match, ...]) -> Match:
    """A weight that no output follows, sure where the rest of its layer is sure to be there too."""
    if not match.evidence.endswith(_UNFOLLOWED):
        return match
    stem = match.option.weights[0].name.rpartition("/")[0]
    for other in matches:
        name = other.option.weights[0].name
        if other.sure and other.candidate == match.candidate and name.startswith(f"{stem}/"):
            why = f"{_UNFOLLOWED}, but '{name}' is sure to be there"
            return replace(match, sure=True, evidence=why)
    return match


def _to(error: float) -> str:
    return f"to {error:.0e}" if error else "to the bit"


def _beside(found: Found, number: int) -> str:
    others = found.others.get(number, 0)
    return (
        f", in none of {others} other ways"
        if others > 1
        else (", not in the one other way" if others else "")
    )


def _layers(
    probe: Probe, matches: tuple[Match, ...], tried: Tried
) -> tuple[tuple[Layer, ...], dict[str, str]]:
    """The layers to be checked alone, in the order of their calls, and why others are not."""
    made_of = {layer.reference: layer for layer in tried.frames}
    layers: list[Layer] = []
    exempt: dict[str, str] = {}
    for part in probe.surveys[0].parts:
        found = made_of.pop(part.path, None) or _alone(part, matches)
        if isinstance(found, Layer) and tried.agrees and not tried.confirms(part.path):
            found = "agrees in the whole, and not alone: one side does more in it"
        if isinstance(found, Layer):
            layers.append(found)
        elif part.path and not any(part.path.startswith(f"{path}/") for path in made_of):
            exempt[part.path] = found
    return (*layers, *made_of.values()), exempt


def _alone(part: Part, matches: tuple[Match, ...]) -> Layer | str:
    """The layer with its one partner in the candidate; else why it is not checked alone."""
    theirs = {match.candidate.path: match for match in matches if match.reference == part}
    if len(theirs) != 1 or any(is_joined(match.candidate) for match in theirs.values()):
        return f"has {'its weights in several layers of the candidate' if theirs else 'no partner'}"
    ((_, match),) = theirs.items()
    found = seen_alike(part, match.candidate)
    if isinstance(found, str) or _closed(part, match.candidate, matches):
        return found
    return "has other weights than its partner"


def _closed(reference: Part, candidate: Part, matches: tuple[Match, ...]) -> bool:
    """Whether the two parts hold nothing but each other's weights."""
    options = [match.option for match in matches if match.reference == reference]
    names = {name for option in options for name in option.names}
    keys = {key for option in options for key in option.keys}
    return names == {h.name for h in reference.weights} and keys == {
        h.name for h in candidate.weights
    }
