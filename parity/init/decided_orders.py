"""Choice among orders of axes where sizes fit several: the models' layers and values decide."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from parity.init.images import CHANNELS_FIRST
from parity.init.orders import Orders
from parity.init.plan_changes import Plan
from parity.init.probe import Probe
from parity.init.search import Budget, Search
from parity.init.trial import Trial
from parity.runners.whole_models import OpenCandidate

# Runs of a search made only to find the orders.
_MOST_RUNS = 200
_FORGOTTEN = (
    "A permute that the candidate forgets looks the same: --layout NAME=ORDER states what an input "
    "or output should have"
)


@dataclass(frozen=True)
class Decision:
    """Orders, a probe of both models in them, and a sentence for the user if sizes did not tell.

    `doubtful` marks a choice that the user should look at.
    """

    orders: Orders
    probe: Probe
    note: str = ""
    doubtful: bool = False


@dataclass(frozen=True)
class _Tried:
    orders: Orders
    probe: Probe
    plan: Plan
    trial: Trial


def decide(
    candidate: OpenCandidate, choices: Sequence[Orders], probed: Callable[[], Probe]
) -> Decision:
    """Return the orders under which both models agree, of several that fit the sizes.

    If no layer has channels, inputs and outputs in different orders are a mistake of the candidate,
    and such orders are only named. If the models agree in none, the orders are kept under which
    most agrees. Sets the orders on the candidate.

    Args:
        candidate: the open candidate, which `probed` uses.
        choices: the orders that fit, those to keep without any evidence first.
        probed: makes a probe of both models as they are.
    """
    choices[0].set_on(candidate)
    probe = probed()
    if len(choices) == 1:
        return Decision(choices[0], probe)
    channels = has_channels(probe)
    trials = _Trials(candidate, probed)
    agreeing = trials.agreeing(sorted(choices, key=lambda one: _likeliness(one, channels)))
    if agreeing is None:
        chosen = trials.best([one for one in choices if channels or not one.mixed])
        note, doubtful = _differ(chosen.orders), True
    elif channels or not agreeing.orders.mixed or agreeing.orders == choices[0]:
        chosen = agreeing
        doubtful = chosen.orders.mixed and any(not one.mixed for one in choices)
        note = _agree(chosen.orders, trials.equal(chosen, choices), doubtful)
    else:
        chosen = trials.best(choices[:1])
        note, doubtful = _mistake(chosen.orders, agreeing.orders), True
    chosen.orders.set_on(candidate)
    chosen.probe.runs = 0
    return Decision(chosen.orders, chosen.probe, note, doubtful)


class _Trials:
    """Trials of orders, each with the best map that is found in few runs."""

    def __init__(self, candidate: OpenCandidate, probed: Callable[[], Probe]) -> None:
        self._candidate, self._probed = candidate, probed
        self.tried: list[_Tried] = []

    def agreeing(self, choices: Sequence[Orders]) -> _Tried | None:
        """Return the first orders in which the outputs agree; None if they do in none."""
        for orders in choices:
            one = self._try(orders)
            if one.trial.agrees:
                return one
        for orders in self._merged():
            one = self._try(orders)
            if one.trial.agrees:
                return one
        best = self.best(choices)
        best.orders.set_on(self._candidate)
        found = Search(best.probe, Budget(runs=_MOST_RUNS)).run()
        if found.trial.agrees:
            return replace(best, plan=found.plan, trial=found.trial)
        return self._under(found.plan)

    def best(self, choices: Sequence[Orders]) -> _Tried:
        """Return the trial in which most agrees, of some of the orders; the first of equal ones."""
        tried = [one for one in self.tried if one.orders in choices]
        tried = tried or [self._try(orders) for orders in choices] or self.tried
        return max(tried, key=lambda one: one.trial.rank)

    def _try(self, orders: Orders) -> _Tried:
        orders.set_on(self._candidate)
        probe = self._probed()
        plan, trial = Search(probe, Budget(runs=_MOST_RUNS)).first()
        self.tried.append(_Tried(orders, probe, plan, trial))
        return self.tried[-1]

    def _merged(self) -> list[Orders]:
        """List orders of which each output agrees in another trial of the same inputs."""
        found: list[Orders] = []
        for one in self.tried:
            outputs = dict(one.orders.outputs)
            alike = [other for other in self.tried if other.orders.inputs == one.orders.inputs]
            for name, error in one.trial.outputs.items():
                better = [o for o in alike if o.trial.outputs[name] <= o.trial.within]
                if error > one.trial.within and better:
                    outputs.pop(name, None)
                    outputs |= {k: v for k, v in better[0].orders.outputs.items() if k == name}
            orders = replace(one.orders, outputs=outputs)
            if orders not in [*found, *(other.orders for other in self.tried)]:
                found.append(orders)
        return found

    def _under(self, plan: Plan) -> _Tried | None:
        """Return the first orders in which the outputs agree under a map; None for none."""
        found = (one for one in self.tried if self._agrees(one.orders, one.probe, plan))
        return next((replace(one, plan=plan) for one in found), None)

    def equal(self, chosen: _Tried, choices: Sequence[Orders]) -> Orders | None:
        """Return other orders in which the outputs agree under the same map; None for none."""
        for orders in choices:
            if orders != chosen.orders:
                orders.set_on(self._candidate)
                if self._agrees(orders, self._probed(), chosen.plan):
                    return orders
        return None

    def _agrees(self, orders: Orders, probe: Probe, plan: Plan) -> bool:
        orders.set_on(self._candidate)
        return probe.try_map(
            [(c.reference.layer, c.candidate.layer, c.layout) for c in plan]
        ).agrees


def has_channels(probe: Probe) -> bool:
    """Return whether a layer of either model tells the channels from the places of an image."""
    return any("Conv" in layer.kind for layer in probe.reference.layers) or any(
        layer.kind.startswith(CHANNELS_FIRST) and len(layer.inputs[0]) > 2
        for layer in probe.candidate.layers
        if layer.inputs
    )


def _likeliness(orders: Orders, channels: bool) -> tuple[bool, bool]:
    """Return a key by which likely orders come before others.

    All images have one order. It is the channels first if a layer has channels.
    """
    found = set(orders.images.values())
    return len(found) > 1, ("channels first" in found) != channels


def _described(orders: Orders) -> str:
    first = [name for name, order in orders.images.items() if order == "channels first"]
    others = [name for name in orders.images if name not in first]
    if not first:
        return "the candidate's axes in the reference's order"
    but = f", but not of {' and '.join(others)}" if others else ""
    return f"the candidate's channels first of {' and '.join(first)}{but}"


def _agree(orders: Orders, equal: Orders | None, doubtful: bool) -> str:
    """Say that the outputs agree in these orders, and whether they do in others."""
    if equal is not None:
        other = f"sizes and values fit {_described(equal)} as well"
        return f"{_described(orders)}: {other}, nothing distinguishes them"
    decided = "sizes fit other orders too, values decided (the outputs agree only so)"
    note = f"{_described(orders)}: {decided}"
    return f"UNSURE: {note}. {_FORGOTTEN}" if doubtful else note


def _mistake(kept: Orders, agreeing: Orders) -> str:
    return (
        f"{_described(kept)}. Sizes also fit {_described(agreeing)}, and the outputs agree only "
        "so, but no layer has channels: taken for a mistake of the candidate. --layout declares it"
    )


def _differ(orders: Orders) -> str:
    return (
        f"{_described(orders)}: sizes fit other orders too, and the outputs differ in each. "
        "--layout states another"
    )
