"""Sums, differences and products of tensors: their sign, their terms, and what was forgotten."""

import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import (
    Alternative,
    Alternatives,
    Bound,
    Earlier,
    with_arguments,
)
from parity.runners.torch.repairs.activations import following

KINDS = ("add", "sub", "mul", "div")
PRODUCTS = ("matmul", "bmm")
_SIGNS: dict[str, tuple[str, str, Callable[[Any, Any], Any]]] = {
    "add": ("sum", "+", operator.add),
    "sub": ("difference", "-", operator.sub),
    "mul": ("product", "*", operator.mul),
    "div": ("quotient", "/", operator.truediv),
}
# A table of a few numbers, such as the means of three channels.
_TABLE = 16
_NORMS = ("layer_norm", "batch_norm", "group_norm", "instance_norm")
_PASSED_BY = (*_NORMS, "relu", "gelu", "silu", "tanh", "elu", "leaky_relu", "linear", "sigmoid")


def combined_otherwise(bound: Bound) -> Alternatives:
    """Return two operands combined otherwise, one of them left out, or followed by a function."""
    x, other, own = bound["input"], bound["other"], bound["kind"]
    found: Alternatives = {}
    for name, (word, sign, do) in _SIGNS.items():
        if name != own and not (name == "div" and _has_a_zero(other)):
            found[f"as a {word}"] = Alternative(None, partial(do, x, other), Edit(operator=sign))
    if not isinstance(other, Tensor) or not isinstance(x, Tensor):
        if isinstance(x, Tensor):
            found["left out"] = Alternative(None, lambda: x, Edit(function="{input}"))
        return found
    if own in ("sub", "div"):
        edit = Edit(order=(1, 0))
        found["with its operands exchanged"] = Alternative(
            None, partial(_SIGNS[own][2], other, x), edit
        )
    if x.shape == bound["again"]().shape:
        found["without its second operand"] = Alternative(None, lambda: x, Edit(kept="left"))
    if other.shape == bound["again"]().shape:
        found["without its first operand"] = Alternative(None, lambda: other, Edit(kept="right"))
    if own == "add":
        found |= following(bound) | _factors_exchanged(bound)
    if other.ndim == 1 and other.numel() <= _TABLE:
        edit = with_arguments(other="({}).flip(0)")
        found["with its second operand reversed"] = Alternative(
            None, partial(bound["again"], other=other.flip(0)), edit
        )
    return found | _before_or_after(bound)


def _has_a_zero(divisor: Any) -> bool:
    """Return whether a quotient by a tensor, such as a mask, could not have been meant."""
    return isinstance(divisor, Tensor) and bool((divisor == 0).any())


def normalized(bound: Bound) -> Alternatives:
    """Return a product with one of its factors of unit length, as a cosine has it."""
    found: Alternatives = {}
    for key, words, given in _factors(bound):
        if given.is_floating_point() and given.ndim:
            axis = -2 if key == "other" and bound["kind"] in PRODUCTS else -1
            text = f"torch.nn.functional.normalize({{}}, dim={axis})"
            unit = partial(functional.normalize, dim=axis)
            found[f"with its {words} factor of unit length"] = _with_factor(bound, key, unit, text)
    return found


def conjugated(bound: Bound) -> Alternatives:
    """Return a product with one of its factors conjugated, as a correlation of spectra has it."""
    return {
        f"with its {words} factor conjugated": _with_factor(bound, key, torch.conj, "{}.conj()")
        for key, words, given in _factors(bound)
        if given.is_complex()
    }


def with_one_minus(bound: Bound) -> Alternatives:
    """Return a product with one minus one of its factors, as the other side of a gate is."""
    return {
        f"with one minus its {words} factor": _with_factor(
            bound, key, lambda factor: 1 - factor, "(1 - {})"
        )
        for key, words, given in _factors(bound)
        if given.is_floating_point()
    }


def _factors(bound: Bound) -> Iterator[tuple[str, str, Tensor]]:
    """Yield the argument, the place in words, and the tensor of each factor that is one."""
    for key, words in (("input", "first"), ("other", "second")):
        if isinstance(bound[key], Tensor):
            yield key, words, bound[key]


def _with_factor(
    bound: Bound, key: str, change: Callable[[Tensor], Tensor], text: str
) -> Alternative:
    """Return a product with one factor changed; `text` writes it, with {} for the factor."""

    def do() -> Tensor:
        done: Tensor = bound["again"](**{key: change(bound[key])})
        return done

    before = Edit(before=text.replace("{}", "{input}"))
    return Alternative(None, do, with_arguments(other=text) if key == "other" else before)


def _factors_exchanged(bound: Bound) -> Alternatives:
    """Return a sum of two products with two of their factors exchanged, as a gate's are."""
    made: dict[int, Earlier] = {id(c.output): c for c in bound["earlier"] if c.kind == "mul"}
    one, two = made.get(id(bound["input"])), made.get(id(bound["other"]))
    if one is None or two is None:
        return {}
    ways = {
        "with the second factors of its products exchanged": (1, 3),
        "with the inner factors of its products exchanged": (1, 2),
    }
    found: Alternatives = {}
    for name, (first, second) in ways.items():
        factors = [one.input, one.other, two.input, two.other]
        factors[first], factors[second] = factors[second], factors[first]
        do = partial(_sum_of_products, *factors)
        found[name] = Alternative(None, do, Edit(factors=(first, second)))
    return found


def _sum_of_products(a: Any, b: Any, c: Any, d: Any) -> Any:
    return a * b + c * d


def _before_or_after(bound: Bound) -> Alternatives:
    """Return an operand taken from before or after an earlier call that keeps its shape.

    A residual may be taken before its normalization, or after it.
    """
    found: Alternatives = {}
    for name, key in (("first", "input"), ("second", "other")):
        for call in bound["earlier"]:
            if call.kind not in _PASSED_BY or not _same_shape(call.input, call.output):
                continue
            label = f"{call.kind} {call.index + 1}"
            if call.output is bound[key]:
                changed = {key: call.input}
                found[f"with its {name} operand as before {label}"] = Alternative(
                    None, partial(bound["again"], **changed)
                )
            elif call.input is bound[key]:
                changed = {key: call.output}
                found[f"with its {name} operand as after {label}"] = Alternative(
                    None, partial(bound["again"], **changed)
                )
    return found


def _same_shape(one: Any, other: Any) -> bool:
    return isinstance(one, Tensor) and isinstance(other, Tensor) and one.shape == other.shape


def with_what_goes_in(bound: Bound) -> Alternatives:
    """Return a layer with its own input added, as a residual is, where the shapes allow it."""
    x = bound["input"]
    if not isinstance(x, Tensor) or x.shape != bound["again"]().shape:
        return {}
    edit = Edit(after="{call} + {input}")
    return {"with its input added": Alternative(None, lambda: bound["again"]() + x, edit)}


def with_a_term(bound: Bound) -> Alternatives:
    """Return the call with a term added to its input that an earlier sum of this shape has.

    A bias or mask may have been forgotten in a later layer.
    """
    x = bound["input"]
    found: Alternatives = {}
    for call in _sums_of(x, bound["earlier"]):
        found[f"with the term of add {call.index + 1}"] = Alternative(
            None, partial(_with_term, bound, call)
        )
    return found


def _sums_of(x: Tensor, earlier: Iterable[Earlier]) -> list[Earlier]:
    return [
        call
        for call in earlier
        if call.kind == "add" and _same_shape(call.input, x) and isinstance(call.other, Tensor)
    ]


def _with_term(bound: Bound, call: Earlier) -> Tensor:
    done: Tensor = bound["again"](input=bound["input"] + call.other)
    return done


def scaled(bound: Bound) -> Alternatives:
    """Return a product of matrices divided by a function of its inner size, or of its factors."""
    x, other = bound["input"], bound["other"]
    if not isinstance(x, Tensor) or not isinstance(other, Tensor) or x.ndim < 2 or other.ndim < 2:
        return {}
    size, again = x.shape[-1], bound["again"]
    ways = {
        "divided by the root of its inner size": (size**-0.5, f" / {size} ** 0.5"),
        "times the root of its inner size": (size**0.5, f" * {size} ** 0.5"),
        "divided by its inner size": (1 / size, f" / {size}"),
    }
    found = {
        name: Alternative(None, partial(_times, again, factor), Edit(after=f"{{call}}{text}"))
        for name, (factor, text) in ways.items()
    }
    if other.shape[-1] == other.shape[-2]:
        turned = partial(again, other=other.transpose(-1, -2))
        edit = with_arguments(other="({}).transpose(-1, -2)")
        found["with its second factor transposed"] = Alternative(1, turned, edit)
    if x.shape[-1] == x.shape[-2]:
        turned = partial(again, input=x.transpose(-1, -2))
        edit = Edit(before="{input}.transpose(-1, -2)")
        found["with its first factor transposed"] = Alternative(1, turned, edit)
    return found


def of_the_root_of_its_size(bound: Bound) -> Alternatives:
    """Return an embedding times the root of its size, as transformers scale it."""
    size, again = bound["weight"].shape[-1], bound["again"]
    edit = Edit(after=f"{{call}} * {size} ** 0.5")
    return {
        "times the root of its size": Alternative(None, partial(_times, again, size**0.5), edit)
    }


def training_every_row(bound: Bound) -> Alternatives:
    """Return an embedding each of whose rows has a gradient, as in TensorFlow.

    `padding_idx` changes no value: the row that it names is never trained.
    """
    if bound.get("padding_idx") is None:
        return {}
    do = partial(bound["again"], padding_idx=None)
    return {"without padding_idx": Alternative(None, do, with_arguments(padding_idx="None"))}


def _times(again: Callable[[], Tensor], factor: float) -> Tensor:
    return again() * factor
