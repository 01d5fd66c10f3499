"""Alternatives to sums, products and quotients with a number that ports confuse with another."""

import math
from functools import partial

import torch

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments


def _scalar(bound: Bound) -> float | None:
    """Return the operand that is a number; None if both are tensors."""
    other = bound.get("other")
    return float(other) if isinstance(other, (int, float)) and not isinstance(other, bool) else None


def add(bound: Bound) -> Alternatives:
    """Return a sum without its small term, which a port may have added to stay above zero."""
    added = _scalar(bound)
    if added is None or not 0 < abs(added) <= 1e-5:
        return {}
    return {"left out": Alternative(28, lambda: bound["input"] + 0.0, Edit(function="{input}"))}


def mul(bound: Bound) -> Alternatives:
    """Return a product with another factor: a mask's, or that of a hard sigmoid."""
    x, factor = bound["input"], _scalar(bound)
    if factor is None:
        return {}
    found: Alternatives = {}
    if factor == -math.inf or -1e4 < factor <= -10:
        # A mask is multiplied by such a factor; these are common others.
        for large in (-1e9, -1e12):
            edit = with_arguments(other=repr(large))
            found[f"by {large:g}"] = Alternative(22, partial(torch.mul, x, large), edit)
    elif abs(factor) >= 1e4:
        edit = with_arguments(other="-torch.inf")
        found["by minus infinity"] = Alternative(22, lambda: x * -math.inf, edit)
        found["by -10"] = Alternative(22, lambda: x * -10.0, with_arguments(other="-10.0"))
        edit = with_arguments(other=repr(-factor))
        found["with the other sign"] = Alternative(22, lambda: x * -factor, edit)
    if math.isclose(factor, 0.2, rel_tol=1e-6):
        found["by 1/6"] = Alternative(21, lambda: x / 6, with_arguments(other="(1 / 6)"))
    return found


def div(bound: Bound) -> Alternatives:
    """Return a quotient by the divisor's square or root, or by a hard sigmoid's."""
    divisor = _scalar(bound)
    if divisor is None or divisor <= 1:
        return {}
    x = bound["input"]
    found = {
        "by the square": Alternative(None, lambda: x / divisor**2, with_arguments(other="{} ** 2")),
        "by the root": Alternative(
            None, lambda: x / divisor**0.5, with_arguments(other="{} ** 0.5")
        ),
    }
    if divisor in (5, 6):
        edit = with_arguments(other=f"{11 - divisor:g}")
        found[f"by {11 - divisor:g}"] = Alternative(21, lambda: x / (11 - divisor), edit)
    return found
