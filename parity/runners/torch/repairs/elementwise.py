"""Functions of single numbers that a candidate has in place of the right one, or lacks."""

from functools import partial

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

_LEFT_OUT = ""
# What ports confuse, each with the others of its group; the empty name is no function at all.
_GROUPS = (
    ("log", "log1p", "log2", "log10"),
    ("exp", "expm1", "exp2"),
    ("sin", "cos"),
    ("square", "abs", _LEFT_OUT),
    ("sqrt", "rsqrt", _LEFT_OUT),
    ("neg", _LEFT_OUT),
    ("reciprocal", _LEFT_OUT),
)
KINDS = tuple(dict.fromkeys(kind for group in _GROUPS for kind in group if kind))
_SOFT = {"softmax": "Softmax", "log_softmax": "LogSoftmax"}
SOFT = tuple(_SOFT)
REMAINDERS = ("fmod", "remainder")
COMPARISONS = {
    "gt": ("ge", "lt"),
    "ge": ("gt", "le"),
    "lt": ("le", "gt"),
    "le": ("lt", "ge"),
    "eq": ("ne",),
    "ne": ("eq",),
}
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!="}
_LEAST = (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12)


def siblings(bound: Bound) -> Alternatives:
    """Return the other functions of the call's group, and none at all where that is one."""
    x, own = bound["input"], bound["kind"]
    if not isinstance(x, Tensor) or not x.is_floating_point():
        return {}
    others = dict.fromkeys(name for group in _GROUPS if own in group for name in group)
    return {
        f"as {name}" if name else "left out": Alternative(
            None,
            partial(getattr(torch, name), x) if name else partial(_itself, x),
            Edit(function=f"torch.{name}({{input}})" if name else "{input}"),
        )
        for name in others
        if name != own
    }


def _itself(x: Tensor) -> Tensor:
    return x


def with_an_epsilon_moved(bound: Bound) -> Alternatives:
    """Return a root with a small number added beside it, and beneath it.

    Together with a sum left out, this moves its epsilon into the root, or out of it.
    """
    x = bound["input"]
    added = [call.other for call in bound["earlier"] if call.kind == "add"]
    numbers = (*_LEAST, *(n for n in added if isinstance(n, float) and 0 < n < 1))
    found: Alternatives = {}
    for number in dict.fromkeys(numbers):
        beside, beneath = (
            Edit(after=f"{{call}} + {number!r}"),
            Edit(before=f"{{input}} + {number!r}"),
        )
        found[f"with {number:g} moved beside it"] = Alternative(
            None, partial(_root, x, 0.0, number), beside
        )
        found[f"with {number:g} moved beneath it"] = Alternative(
            None, partial(_root, x, number, 0.0), beneath
        )
    return found


def _root(x: Tensor, beneath: float, beside: float) -> Tensor:
    return (x + beneath).sqrt() + beside


def norm_otherwise(bound: Bound) -> Alternatives:
    """Return the square of a norm, or the sum of absolute values."""
    again = bound["again"]
    return {
        "squared": Alternative(None, lambda: again().square(), Edit(after="{call} ** 2")),
        "of absolute values": Alternative(None, partial(again, p=1), with_arguments(p="1")),
    }


def of_an_axis(bound: Bound) -> Alternatives:
    """Return softmax or its logarithm for the other, a sigmoid, or none at all."""
    x, dim = bound["input"], bound["dim"]
    left_out = Edit(function="{input}", module="torch.nn.Identity()")
    sigmoid = Edit(function="torch.sigmoid({input})", module="torch.nn.Sigmoid()")
    found = {
        "left out": Alternative(None, lambda: x, left_out),
        "as sigmoid": Alternative(None, x.sigmoid, sigmoid),
    }
    for name, module in _SOFT.items():
        if name != bound["kind"]:
            edit = Edit(renamed=name, module_renamed=module)
            found[f"as {name}"] = Alternative(None, partial(getattr(torch, name), x, dim), edit)
    return found


def remainders(bound: Bound) -> Alternatives:
    """Return the remainder with the divisor's sign for that with the dividend's, or the reverse."""
    other = next(name for name in REMAINDERS if name != bound["kind"])
    do = partial(getattr(torch, other), bound["input"], bound["other"])
    return {f"as {other}": Alternative(27, do, Edit(renamed=other))}


def comparisons(bound: Bound) -> Alternatives:
    """Return the comparison with or without equals, and the other way round."""
    x, other = bound["input"], bound["other"]
    if not isinstance(x, Tensor):
        return {}
    return {
        f"as {name}": Alternative(
            None,
            partial(getattr(torch, name), x, other),
            Edit(renamed=name, operator=_SIGNS[name]),
        )
        for name in COMPARISONS[bound["kind"]]
    }


def clamped_otherwise(bound: Bound) -> Alternatives:
    """Return the call without its bounds, or with another small least value."""
    x, least, again = bound["input"], bound.get("min"), bound["again"]
    edit = Edit(function="{input}")
    found: Alternatives = {"left out": Alternative(None, lambda: x, edit)}
    if isinstance(least, float) and 0 < least <= max(_LEAST):
        for value in _LEAST:
            if value != least:
                found[f"at least {value:g}"] = Alternative(
                    28, partial(again, min=value), with_arguments(min=repr(value))
                )
    return found


def raised_otherwise(bound: Bound) -> Alternatives:
    """Return another power of the numbers, or none."""
    x, own = bound["input"], bound.get("exponent")
    if not isinstance(own, int | float) or not isinstance(x, Tensor):
        return {}
    return {
        f"to the power {power:g}": Alternative(
            None, partial(torch.pow, x, power), with_arguments(exponent=f"{power:g}")
        )
        for power in (-1, -0.5, 0.5, 1, 2, 3)
        if power != own
    }
