"""Results of a search among plans: ties, and the choices that are settled."""

from dataclasses import dataclass, field

from parity.init.plan_changes import Change, Choice, Plan
from parity.init.trial import Trial
from parity.init.units import Unit


@dataclass(frozen=True)
class Tie:
    """A change that does as well as the plan; `by_name` if names decide for the plan."""

    what: str
    by_name: bool


@dataclass
class Found:
    """The best plan, its result, and for each of its choices the changes that do as well.

    `others` counts each choice's alternatives; `fixed` has those that an aligned trial
    settles; `untried` describes changes that were not tried.
    """

    plan: Plan
    trial: Trial
    ties: dict[int, list[Tie]] = field(default_factory=dict)
    others: dict[int, int] = field(default_factory=dict)
    fixed: set[int] = field(default_factory=set)
    untried: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Return whether everything was tried."""
        return not self.untried


def keys(plan: Plan) -> set[str]:
    """Return the candidate's weights that a plan accounts for."""
    return {key for choice in plan for key in choice.layout.keys}


def paths(plan: Plan) -> list[tuple[str, str] | None]:
    """Return the paths of each choice's layers; None where the candidate's input is unknown."""
    return [
        (choice.reference.layer.path, choice.candidate.layer.path)
        if choice.candidate.layer.inputs
        and len(choice.candidate.weights) == len(choice.candidate.layer.weights)
        else None
        for choice in plan
    ]


def by_name(plan: Plan, change: Change, reverse: bool = False) -> bool:
    """Return whether names decide for the plan against a change; or against it, if `reverse`."""
    moved = [
        (plan[n], change.plan[n])
        for n in change.changed
        if plan[n].candidate.members != change.plan[n].candidate.members
    ]
    if reverse:
        moved = [(after, before) for before, after in moved]
    kept = bool(moved) and all(before.named_alike for before, _ in moved)
    return kept and not all(after.named_alike for _, after in moved)


def signature(plan: Plan) -> tuple[tuple[frozenset[str], int], ...]:
    """Return what distinguishes a plan from others of the same reference."""
    return tuple((choice.candidate.members, choice.chosen) for choice in plan)


def settled(plan: Plan, trial: Trial) -> set[int]:
    """Number the choices of a plan that an aligned trial settles.

    A layer is settled if it is given what its partner is. So is one that is called between two such
    layers on both sides, if no other that is called there could have its partner: something before
    it, an activation for instance, computes something else.
    """
    found = {
        number
        for number, choice in enumerate(plan)
        if (choice.reference.layer.path, choice.candidate.layer.path) in trial.matches
    }
    between: set[int] = set()
    for number, choice in enumerate(plan):
        if number in found or not choice.reference.layer.inputs:
            continue
        own = choice.candidate.order
        # A functional model of Keras calls the layers of a branch when they are needed, not before.
        earlier = [n for n in found if n < number and plan[n].candidate.order < own]
        later = [n for n in found if n > number and plan[n].candidate.order > own]
        window = range(max(earlier, default=-1) + 1, min(later, default=len(plan)))
        others = (n for n in window if n != number and n not in found)
        if not any(_alike(plan[n], choice) for n in others):
            between.add(number)
    return found | between


def unsettles(plan: Plan, trial: Trial, change: Change, fixed: set[int]) -> bool:
    """Return whether a change gives a settled choice a unit that is given something else."""
    moved = {
        number
        for number in change.changed
        if plan[number].candidate.members != change.plan[number].candidate.members
    }
    pairs = (
        (plan[number].reference.layer, change.plan[number].candidate.layer) for number in moved
    )
    still = all((one.path, other.path) in trial.matches for one, other in pairs)
    return bool(moved & fixed) and not still


def layouts_known(plan: Plan, trial: Trial) -> bool:
    """Return whether an aligned trial leaves no choice among several layouts open.

    A layer that it does not compare is known by what the layers behind it are given, and by the
    outputs.
    """
    behind = (*trial.intermediates.values(), *trial.outputs.values())
    follows = all(error <= trial.within for error in behind)
    several = {c.reference.layer.path for c in plan if len(c.layouts) > 1}
    return trial.aligned and all(
        trial.confirms(path) if path in trial.intermediates else follows for path in several
    )


def _alike(one: Choice, other: Choice) -> bool:
    """Return whether two choices have weights of the same shapes on both sides."""

    def shapes(unit: Unit) -> list[tuple[int, ...]]:
        return [weight.shape for weight in unit.weights]

    return shapes(one.reference) == shapes(other.reference) or shapes(one.candidate) == shapes(
        other.candidate
    )
