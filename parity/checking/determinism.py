"""Does a side give the same when it is run again? Asked only where the two sides differ."""

import numpy as np

from parity.arrays import Array, Arrays
from parity.checking.execution import FourRuns
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude, unlike_nonfinite

_ADVICE = {
    "reference": "nothing can be held to it: give its random numbers a seed, or call it in "
    "evaluation mode",
    "candidate": "is it in training mode, with dropout on? call eval(), or give its random numbers "
    "a seed",
}


def unsteady(runs: FourRuns, role: str, skipped: tuple[str, ...] = ()) -> str | None:
    """What to say of a side that, run again on the same task, gives something else; None if not.

    Run in float64 where it can be, and allowed what rounding may do there: threads may sum in
    another order each time.

    Args:
        runs: those in which the sides were found to differ.
        role: "reference" or "candidate".
        skipped: outputs that are random by declaration.
    """
    single, double = getattr(runs, f"{role}32"), getattr(runs, f"{role}64")
    first = double or single
    held, again = first.named(), runs.again(role, first.dtype).named()
    for name, array in held.items():
        if name in skipped:
            continue
        moved = _moved(name, array, again, single.named())
        if moved:
            return (
                f"the {role} is not deterministic: run twice on the same input, its {first.dtype} "
                f"output {name} {moved}; {_ADVICE[role]}"
            )
    return None


def _moved(name: str, array: Array, again: Arrays, single: Arrays) -> str:
    other = again.get(name)
    if other is None or other.shape != array.shape or other.dtype != array.dtype:
        return "has another shape or dtype"
    if array.dtype.kind != "f":
        return "" if np.array_equal(array, other) else "has other values"
    if unlike_nonfinite(array, other) is not None:
        return "has NaN or infinity at other places"
    gap, scale = largest_gap(array, other).size, magnitude(array)
    known = name in single and single[name].shape == array.shape
    error = largest_gap(single[name], array).size if known else 0.0
    bounds = oracle.bounds(scale, error, error)
    allowed = bounds.logic if array.dtype == np.float64 else bounds.rounding
    return f"differs by {gap:.3g} at a scale of {scale:.3g}" if gap > allowed else ""
