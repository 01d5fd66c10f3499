"""Numbers of the reference in place of the candidate's own, or where the candidate has none."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

# The arguments that are numbers of a model's arithmetic, and no axes or sizes.
_ARGUMENTS = (
    *("other", "exponent", "min", "max", "value", "negative_slope", "eps", "alpha", "beta"),
    *("delta", "label_smoothing", "min_val", "max_val", "k", "threshold"),
)
# If the candidate lacks more of the reference's numbers, where one is missing would take too long.
_FEW = 3
OF_THE_REFERENCE = "as in the reference"


def of_the_reference(bound: Bound) -> Alternatives:
    """Return the call with each number of the reference that the candidate does not have."""
    found: Alternatives = {}
    for name in _ARGUMENTS:
        own = bound.get(name)
        if isinstance(own, bool) or not isinstance(own, int | float):
            continue
        for number in bound["numbers"]:
            value = _written(number)
            if number != own:
                found[f"with {name} {value}, {OF_THE_REFERENCE}"] = Alternative(
                    None,
                    partial(bound["again"], **{name: number}),
                    with_arguments(**{name: value}),
                )
    return found


def that_is_missing(bound: Bound) -> Alternatives:
    """Return the call's result with a number added, subtracted, multiplied or divided by.

    Only numbers that the reference has and the candidate does not, and only if they are few.
    """
    numbers = bound["numbers"]
    if not 0 < len(numbers) <= _FEW or not _is_floating(bound["again"]()):
        return {}
    found: Alternatives = {}
    for number in numbers:
        value = _written(number)
        for words, sign, do in _OPERATIONS:
            if number != 1 or sign in "+-":
                found[f"{words.format(value)}, {OF_THE_REFERENCE}"] = Alternative(
                    None, partial(_done, bound, do, number), Edit(after=f"{{call}} {sign} {value}")
                )
    return found


_OPERATIONS: tuple[tuple[str, str, Callable[[Any, float], Any]], ...] = (
    ("plus {}", "+", lambda x, number: x + number),
    ("minus {}", "-", lambda x, number: x - number),
    ("times {}", "*", lambda x, number: x * number),
    ("divided by {}", "/", lambda x, number: x / number),
)


def _done(bound: Bound, do: Callable[[Any, float], Any], number: float) -> Any:
    return do(bound["again"](), number)


def _is_floating(made: Any) -> bool:
    return isinstance(made, Tensor) and made.is_floating_point()


def _written(number: float) -> str:
    """Return a number as it is written in Python, in the fewest digits."""
    return repr(number)
