"""Numbers that the reference computes with and the candidate does not: its first suspects."""

from contextlib import suppress
from dataclasses import replace
from math import isclose

import numpy as np

from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.frameworks import call_tools
from parity.declaring.port import Pair
from parity.declaring.trace import Task
from parity.errors import ParityError
from parity.runners.side import run_side

# float32 and float64 forms of one number are closer than this.
_ALIKE = 1e-6


def find_lacking_numbers(pair: Pair, task: Task) -> tuple[float, ...]:
    """Run both sides once and return the reference's numbers that the candidate lacks.

    These are single numbers that operations on data are given: factors, terms, epsilons, slopes.
    Empty if a side does not show its numbers, as one in numpy and a graph traced before.

    Args:
        pair: the pair that fails.
        task: what to run; nothing is differentiated.
    """
    if call_tools(pair.candidate.framework) is None:
        return ()
    reference, candidate = (_numbers(pair, role, task) for role in ("reference", "candidate"))
    return tuple(
        _in_few_digits(number)
        for number in reference
        if number and not any(isclose(abs(number), abs(own), rel_tol=_ALIKE) for own in candidate)
    )


def _numbers(pair: Pair, role: str, task: Task) -> tuple[float, ...]:
    watch = BoundaryWatch("exact", every=True)
    with suppress(ParityError):
        run_side(pair, role, replace(task, differentiate=()), "float64", watch)
    return tuple(watch.numbers)


def _in_few_digits(number: float) -> float:
    """Return a number that was rounded to float32 as it was probably written."""
    short = float(f"{number:.7g}")
    return short if np.float32(short) == np.float32(number) == number else number
