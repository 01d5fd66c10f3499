"""First pairing of units, before anything is run: by name, order and influence."""

from collections.abc import Sequence
from typing import Literal

from parity.init.names import likeness, same_names
from parity.init.plan_changes import Choice, Plan, PlanChanges
from parity.init.units import Unit, same_name

Evidence = Literal["names", "calls", "influence"]


def pair_units(
    changes: PlanChanges, reference: Sequence[Unit], candidate: Sequence[Unit], first: Evidence
) -> Plan:
    """Pair each unit of the reference with the likeliest unused one, if one fits.

    Args:
        changes: which layouts fit, and which outputs depend on which weights.
        reference: the reference's units.
        candidate: the candidate's units.
        first: what counts most: names, the order of the calls, or influence on the outputs.
    """
    unused = {id(unit): unit for unit in candidate}
    found: list[Choice] = []
    fitting = {id(u): [c for c in candidate if changes.layouts(u, c)] for u in reference}
    in_joined = {
        name
        for units in fitting.values()
        for unit in units
        if len(unit.members) == 2
        for name in unit.members
    }

    def urgency(unit: Unit) -> tuple[int, int, int]:
        # Units that fit two joined layers are assigned in the order of the calls, along with
        # everything that fits one of the two. Then come units with the name of another, and
        # those with the fewest possibilities, so that none takes the only one of another.
        fits = fitting[id(unit)]
        if first == "calls" or any(other.members & in_joined for other in fits):
            return (0, 0, unit.order)
        named = any(same_names(unit.name, other.name) for other in fits)
        return (1 if named and first == "names" else 2, len(fits), unit.order)

    def distance(unit: Unit, other: Unit) -> tuple[bool, int, int, bool, bool, bool, float, int]:
        paths = (unit.layer.path, other.layer.path)
        return (
            first == "influence" and not changes.same_influence(unit, other),
            len(other.members),
            other.order if first == "calls" else 0,
            not same_name(unit.weights[0].name, other.weights[0].name),
            not same_name(*paths),
            not same_names(*paths),
            -round(likeness(*paths), 2),
            other.order,
        )

    for unit in sorted(reference, key=urgency):
        fits = [other for other in fitting[id(unit)] if id(other) in unused]
        if fits:
            best = min(fits, key=lambda other: distance(unit, other))
            taken = [key for key, other in unused.items() if other.members & best.members]
            for key in taken:
                del unused[key]
            found.append(Choice(unit, best, changes.layouts(unit, best)))
    return tuple(sorted(found, key=lambda choice: choice.reference.order))
