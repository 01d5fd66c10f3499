"""Proposal of a weight map, with how certain each part of it is, and why."""

from dataclasses import dataclass, replace

from parity.declaring.models import Layer
from parity.init.layouts import Layout, is_flattened
from parity.init.plan_changes import Choice
from parity.init.probe import Probe, Trial, comparable_layer
from parity.init.search import Found, Search
from parity.init.split_layers import is_two
from parity.runners.whole_models import LayerWeight, WeightedLayer

_TIES_SHOWN = 2
_NO_OUTPUT = "no output depends on it"


@dataclass(frozen=True)
class Judgement:
    """Certainty of a match: `confirmed` by agreeing values, `sure` without that, or neither.

    A match that is sure but not confirmed is the only possible one, or the best of several although
    the models disagree. `evidence` gives the reason.
    """

    sure: bool
    confirmed: bool
    evidence: str


@dataclass(frozen=True)
class Match:
    """Weights of one layer of the reference, and where the candidate has them."""

    reference: WeightedLayer
    candidate: WeightedLayer
    layout: Layout
    judgement: Judgement


@dataclass(frozen=True)
class Proposal:
    """All matches in the reference's order, and the weights left without a partner on either side.

    `layers` are those to be checked alone; `exempt` has the others, with the reason.
    """

    matches: tuple[Match, ...]
    layers: tuple[Layer, ...]
    exempt: dict[str, str]
    unmatched_reference: tuple[LayerWeight, ...]
    unmatched_candidate: tuple[LayerWeight, ...]

    @property
    def unsure(self) -> int:
        """Return the number of uncertain matches and weights without a partner."""
        unsure = sum(not match.judgement.sure for match in self.matches)
        return unsure + len(self.unmatched_reference) + len(self.unmatched_candidate)

    @property
    def confirmed(self) -> int:
        """Return the number of matches confirmed by values."""
        return sum(match.judgement.confirmed for match in self.matches)


def propose(probe: Probe) -> Proposal:
    """Search for the best map and judge it."""
    search = Search(probe)
    found = search.run()
    matches = tuple(
        Match(
            choice.reference.layer,
            choice.candidate.layer,
            choice.layout,
            _judge(search, found, number, choice),
        )
        for number, choice in enumerate(found.plan)
    )
    if found.trial.agrees:
        matches = tuple(_sure_by_layer(match, matches) for match in matches)
    names = {name for match in matches for name in match.layout.names}
    keys = {key for match in matches for key in match.layout.keys}
    layers, exempt = _layers_alone(probe, matches, found.trial)
    return Proposal(
        matches,
        layers,
        exempt,
        tuple(weight for weight in probe.reference.weights if weight.name not in names),
        tuple(weight for weight in probe.candidate.weights if weight.name not in keys),
    )


def _judge(search: Search, found: Found, number: int, choice: Choice) -> Judgement:
    ties = list(dict.fromkeys(found.ties.get(number, [])))
    if ties:
        shown = "; ".join(ties[:_TIES_SHOWN])
        more = f"; and {len(ties) - _TIES_SHOWN} more" if len(ties) > _TIES_SHOWN else ""
        return Judgement(False, False, f"equally good with {shown}{more}")
    if not found.complete:
        return Judgement(
            False, False, f"not all possibilities were tried in {search.probe.runs} runs"
        )
    trial, others = found.trial, found.others.get(number, 0)
    path, several = choice.reference.layer.path, len(choice.reference.weights) > 1
    whole_layer = several or choice.layout.known
    if whole_layer and path in trial.intermediates and trial.confirms(path):
        error = trial.error(path)
        return Judgement(True, True, f"the layer agrees {_to(error)}{_best_of(others)}")
    has_influence = bool(choice.reference.influence(search.influences[0]))
    if trial.agrees and has_influence:
        error = max(trial.outputs.values())
        return Judgement(True, True, f"the outputs agree {_to(error)}{_best_of(others)}")
    if choice.layout.known and not others:
        return Judgement(
            True, False, "the only layer of this kind and shape; not confirmed by values"
        )
    if others:
        return Judgement(
            True, False, f"the best of {others + 1} possibilities, although the outputs differ"
        )
    why = "the outputs differ anyway" if has_influence else _NO_OUTPUT
    return Judgement(False, False, f"the only one whose shape fits, not confirmed by values: {why}")


def _sure_by_layer(match: Match, matches: tuple[Match, ...]) -> Match:
    """Mark a weight without influence as sure if another weight of its layer is."""
    if not match.judgement.evidence.endswith(_NO_OUTPUT):
        return match
    layer = match.layout.weights[0].name.rpartition("/")[0]
    for other in matches:
        name = other.layout.weights[0].name
        same = other.candidate == match.candidate and name.startswith(f"{layer}/")
        if same and other.judgement.sure:
            evidence = f"{_NO_OUTPUT}, but '{name}' of the same layer is sure"
            return replace(match, judgement=Judgement(True, False, evidence))
    return match


def _to(error: float) -> str:
    return f"to {error:.0e}" if error else "exactly"


def _best_of(others: int) -> str:
    if others > 1:
        return f", better than {others} alternatives"
    return ", better than the one alternative" if others else ""


def _layers_alone(
    probe: Probe, matches: tuple[Match, ...], trial: Trial
) -> tuple[tuple[Layer, ...], dict[str, str]]:
    """Return the layers to be checked alone in the order of their calls, and why others are not."""
    composites = {layer.reference: layer for layer in trial.composites}
    layers: list[Layer] = []
    exempt: dict[str, str] = {}
    for layer in probe.reference.layers:
        found = composites.pop(layer.path, None) or _layer_alone(layer, matches)
        if isinstance(found, Layer) and trial.agrees and not trial.confirms(layer.path):
            found = "agrees in the whole model but not alone, so one side does more in this layer"
        if isinstance(found, Layer):
            layers.append(found)
        elif layer.path and not any(layer.path.startswith(f"{path}/") for path in composites):
            exempt[layer.path] = found
    return (*layers, *composites.values()), exempt


def _layer_alone(layer: WeightedLayer, matches: tuple[Match, ...]) -> Layer | str:
    """Return the layer with its partner in the candidate, or why it is not checked alone."""
    own = [match for match in matches if match.reference == layer]
    partners = {match.candidate.path: match.candidate for match in own}
    if not partners:
        return "has no partner"
    if any(is_flattened(match.layout) for match in own):
        return "takes a flattened image, whose channels come first in the candidate"
    if len(partners) > 1 or any(map(is_two, partners.values())):
        return "has its weights in several layers of the candidate"
    (partner,) = partners.values()
    found = comparable_layer(layer, partner)
    names = {name for match in own for name in match.layout.names}
    keys = {key for match in own for key in match.layout.keys}
    complete = names == {weight.name for weight in layer.weights} and keys == {
        weight.name for weight in partner.weights
    }
    if isinstance(found, str) or complete:
        return found
    return "has other weights than its partner"
