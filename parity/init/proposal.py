"""Proposal of a weight map, with how certain each part of it is, and why."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from parity.declaring.model_sides import Layer
from parity.init.comparable_layers import comparable_layer
from parity.init.images import is_flattened, returned_channels
from parity.init.layouts import Layout
from parity.init.names import named_partner, numbered_alike, same_names, tokens
from parity.init.plan_changes import Choice
from parity.init.plans import Found
from parity.init.probe import Probe
from parity.init.search import Budget, Search
from parity.init.split_layers import is_two
from parity.init.trial import Trial
from parity.init.units import Unit
from parity.runners.whole_models import LayerWeight, WeightedLayer

_TIES_SHOWN = 2
_NO_OUTPUT = "no output depends on it"


@dataclass(frozen=True)
class Judgement:
    """Certainty of a match: `confirmed` by agreeing values, `sure` without that, or neither.

    A match that is sure but not confirmed is the only possible one, the best of several although
    the models disagree, or `by_name` one of several that values cannot distinguish. `warning` marks
    one for which names say something else. `evidence` gives the reason.
    """

    sure: bool
    confirmed: bool
    evidence: str
    by_name: bool = False
    warning: bool = False

    @property
    def label(self) -> str:
        """Return what an uncertain match is marked with."""
        return "" if self.sure else "WARNING: " if self.warning else "UNSURE: "


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

    `layers` are those to be checked alone; `exempt` has the others, with the reason. `constants`
    are the candidate's own, and stay as they are.
    """

    matches: tuple[Match, ...]
    layers: tuple[Layer, ...]
    exempt: dict[str, str]
    unmatched_reference: tuple[LayerWeight, ...]
    unmatched_candidate: tuple[LayerWeight, ...]
    agrees: bool = True
    untried: tuple[str, ...] = ()
    constants: tuple[LayerWeight, ...] = ()

    @property
    def unsure(self) -> int:
        """Return the number of uncertain matches and weights without a partner."""
        unsure = sum(not match.judgement.sure for match in self.matches)
        return unsure + len(self.unmatched_reference) + len(self.unmatched_candidate)

    @property
    def confirmed(self) -> int:
        """Return the number of matches confirmed by values."""
        return sum(match.judgement.confirmed for match in self.matches)

    @property
    def certain(self) -> bool:
        """Return whether values or names confirm all matches, and the outputs agree."""
        judged = [match.judgement for match in self.matches]
        confirmed = all(one.sure and (one.confirmed or one.by_name) for one in judged)
        return confirmed and not self.unsure and self.agrees and not self.untried


def propose(
    probe: Probe,
    budget: Budget | None = None,
    show: Callable[[str], None] = lambda text: None,
) -> Proposal:
    """Search for the best map and judge it; `show` is called with lines of progress."""
    search = Search(probe, budget, show)
    found = search.run()
    matches = tuple(
        Match(
            choice.reference.layer,
            choice.candidate.layer,
            choice.layout,
            _with_warning(search, found, choice, _judge(search, found, number, choice)),
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
        found.trial.agrees,
        tuple(found.untried),
        probe.constants,
    )


def _judge(search: Search, found: Found, number: int, choice: Choice) -> Judgement:
    ties = list(dict.fromkeys(found.ties.get(number, [])))
    undecided = [tie.what for tie in ties if not tie.by_name]
    if undecided:
        shown = "; ".join(undecided[:_TIES_SHOWN])
        rest = len(undecided) - _TIES_SHOWN
        more = f"; and {rest} more" if rest > 0 else ""
        return Judgement(False, False, f"equally good with {shown}{more}")
    if ties:
        return Judgement(
            True, False, f"by name; values cannot distinguish it from {ties[0].what}", by_name=True
        )
    if not found.complete:
        return _judge_untried(search, found, choice)
    trial, others = found.trial, found.others.get(number, 0)
    path, several = choice.reference.layer.path, len(choice.reference.weights) > 1
    whole_layer = several or choice.layout.known
    if whole_layer and path in trial.intermediates and trial.confirms(path):
        error, given = trial.error(path), ", given the reference's input" if trial.aligned else ""
        return Judgement(True, True, f"the layer agrees {_to(error)}{given}{_best_of(others)}")
    if number in found.fixed:
        return _judge_differing(choice, trial)
    has_influence = choice.reference.has_influence(search.probe.influence)
    if trial.agrees and has_influence:
        error = max(trial.outputs.values())
        return Judgement(True, True, f"the outputs agree {_to(error)}{_best_of(others)}")
    if trial.agrees and choice.named_alike:
        return Judgement(True, False, f"by name; {_NO_OUTPUT}", by_name=True)
    if choice.layout.known and not others:
        return Judgement(
            True, False, "the only layer of this kind and shape; not confirmed by values"
        )
    if others:
        why = f"; {_NO_OUTPUT}" if trial.agrees else ", although the outputs differ"
        return Judgement(True, False, f"the best of {others + 1} possibilities{why}")
    why = "the outputs differ anyway" if has_influence else _NO_OUTPUT
    return Judgement(False, False, f"the only one whose shape fits, not confirmed by values: {why}")


def _judge_differing(choice: Choice, trial: Trial) -> Judgement:
    """Judge a layer that is settled but does not agree, or is given something else."""
    path = choice.reference.layer.path
    same = (path, choice.candidate.layer.path) in trial.matches
    found = "given the same tensor as its partner" if same else "called between layers that agree"
    error = trial.alone.get(path)
    known = len(choice.layouts) == 1
    if error is not None and error <= trial.within:
        known, found = True, f"{found}; it agrees {_to(error)} alone"
    elif error is not None:
        found += f"; what it returns differs by {error:.0e}"
    return Judgement(known, False, found if known else f"{found}; one of several layouts")


def _judge_untried(search: Search, found: Found, choice: Choice) -> Judgement:
    """Judge a match of which not all alternatives were tried: its name may still decide."""
    limit = f"not all possibilities were tried in {search.probe.runs} runs"
    path = choice.reference.layer.path
    agrees = found.trial.agrees and found.trial.agrees_in_place(path)
    if choice.named_alike and agrees:
        evidence = f"by name, and the layer agrees {_to(found.trial.error(path))}; {limit}"
        return Judgement(True, False, evidence, by_name=True)
    return Judgement(False, False, limit)


def _with_warning(search: Search, found: Found, choice: Choice, judged: Judgement) -> Judgement:
    """Turn a judgement into a warning if another of the candidate's units has the name."""
    units = [*(other.candidate for other in found.plan), *search.spare]
    fitting = {
        unit_name(choice, unit): unit
        for unit in units
        if search.fits(choice.reference, unit) and not is_two(unit.layer)
    }
    name, chosen = choice.names
    named = named_partner(name, list(fitting))
    if named is None or same_names(name, chosen) or is_two(choice.candidate.layer):
        return judged
    words = [[part for part in tokens(path) if not part.isdigit()] for path in (named, chosen)]
    if words[0] == words[1]:
        ours = [other.names[0] for other in found.plan]
        if not numbered_alike(name, chosen, ours, [other.names[1] for other in found.plan]):
            return judged
    said = f"values say '{chosen}'" if judged.confirmed else f"paired with '{chosen}'"
    evidence = f"names say '{named}', {said}: {judged.evidence}"
    return replace(judged, sure=False, evidence=evidence, warning=True, by_name=False)


def unit_name(choice: Choice, unit: Unit) -> str:
    """Return the name of a unit as `Choice.names` would have it in a choice."""
    return replace(choice, candidate=unit).names[1]


def _sure_by_layer(match: Match, matches: tuple[Match, ...]) -> Match:
    """Mark a weight without influence as sure if another weight of its layer is."""
    if match.judgement.by_name or not match.judgement.evidence.endswith(_NO_OUTPUT):
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
    if any(returned_channels(match.layout) for match in own):
        return "returns a flattened image, whose channels come first in the candidate"
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
