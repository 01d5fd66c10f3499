"""Numbers that the code of either side compares its data with."""

from contextlib import suppress

from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.port import Pair
from parity.declaring.trace import Task
from parity.errors import ParityError
from parity.runners.side import run_side


def find_boundaries(pair: Pair, task: Task) -> tuple[float, ...]:
    """Run both sides once and return the numbers that data were compared with.

    An input at such a number, such as the edge of a bin, is hardly ever drawn. A side in numpy
    shows none, and a side that fails shows those up to there.
    """
    watch = BoundaryWatch("exact")
    for role in ("reference", "candidate"):
        with suppress(ParityError):
            run_side(pair, role, task, constants=watch)
    return tuple(watch.numbers)
