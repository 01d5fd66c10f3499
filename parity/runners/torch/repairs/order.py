"""Order of axes and of parts: what was joined, cut or reshaped in another order."""

from collections.abc import Sequence
from functools import partial
from itertools import combinations, permutations
from math import prod

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import (
    Alternative,
    Alternatives,
    Bound,
    with_arguments,
)

# Of more parts or axes there are too many orders to try.
_PARTS, _AXES, _MOST_AXES = 4, 4, 6


def parts_otherwise(bound: Bound) -> Alternatives:
    """Return the parts of a tensor in each other order, and interleaved instead of in blocks."""
    x, again = bound["input"], bound["again"]
    try:
        parts: Sequence[Tensor] = again()
    except (RuntimeError, TypeError):
        return {}
    count = len(parts)
    if not 1 < count <= _PARTS or len({part.shape for part in parts}) > 1:
        return {}

    def reordered(order: Sequence[int]) -> tuple[Tensor, ...]:
        made = again()
        return tuple(made[place] for place in order)

    found = {
        f"with its parts in the order {', '.join(map(str, order))}": Alternative(
            None, partial(reordered, order), Edit(order=tuple(order))
        )
        for order in permutations(range(count))
        if list(order) != list(range(count))
    }
    dim = bound.get("dim", 0)
    if bound["kind"] != "unbind" and isinstance(dim, int):
        found["with its parts interleaved"] = Alternative(
            None, partial(_interleaved, x, count, dim), _every(x, count, dim)
        )
    return found


def _every(x: Tensor, count: int, dim: int) -> Edit:
    colons = ":, " * (dim % x.ndim)
    if dim % x.ndim == x.ndim - 1:
        colons = "..., "
    return Edit(function=f"[{{input}}[{colons}part::{count}] for part in range({count})]")


def _interleaved(x: Tensor, count: int, dim: int) -> tuple[Tensor, ...]:
    step = [slice(None)] * x.ndim
    found = []
    for start in range(count):
        step[dim] = slice(start, None, count)
        found.append(x[tuple(step)])
    return tuple(found)


def halves_exchanged(bound: Bound) -> Alternatives:
    """Return a gated linear unit whose other half is the gate."""
    x, dim = bound["input"], bound.get("dim", -1)

    def do() -> Tensor:
        gate, value = torch.chunk(x, 2, dim)
        return torch.sigmoid(gate) * value

    edit = Edit(before=f"torch.cat({{input}}.chunk(2, {dim})[::-1], {dim})")
    return {"with its halves exchanged": Alternative(None, do, edit)}


def joined_otherwise(bound: Bound) -> Alternatives:
    """Return a few tensors joined in each other order."""
    tensors = bound["tensors"]
    if not 1 < len(tensors) <= _PARTS:
        return {}
    found = _joined_elsewhere(bound)
    return found | {
        f"in the order {', '.join(map(str, order))}": Alternative(
            None,
            partial(bound["again"], tensors=[tensors[place] for place in order]),
            Edit(order=tuple(order)),
        )
        for order in permutations(range(len(tensors)))
        if list(order) != list(range(len(tensors)))
    }


def _joined_elsewhere(bound: Bound) -> Alternatives:
    """Return the tensors joined along another axis, or element by element."""
    tensors, dim = bound["tensors"], bound.get("dim", 0)
    first = tensors[0]
    if not isinstance(dim, int) or any(one.shape != first.shape for one in tensors):
        return {}
    axis, axes = dim % first.ndim, first.ndim
    found = {
        f"along axis {other} of {axes}": Alternative(
            23, partial(bound["again"], dim=other), with_arguments(dim=str(other))
        )
        for other in range(axes)
        if other != axis
    }
    if bound["kind"] == "cat":
        edit = Edit(function=f"torch.stack({{input}}, {axis + 1}).flatten({axis}, {axis + 1})")
        found["element by element"] = Alternative(
            None, lambda: torch.stack(list(tensors), axis + 1).flatten(axis, axis + 1), edit
        )
    return found


def with_letters_exchanged(bound: Bound) -> Alternatives:
    """Return an Einstein sum with two letters of one operand, or of its result, exchanged."""
    equation, operands = bound["equation"].replace(" ", ""), (bound["input"], bound["other"])
    terms = equation.replace("->", ",").split(",")
    if "->" not in equation or "." in equation:
        return {}
    shape = _shape_of_sum(terms, operands)
    found: Alternatives = {}
    for place, term in enumerate(terms):
        for one, other in combinations(term, 2):
            turned = term.translate(str.maketrans(one + other, other + one))
            parts = [*terms[:place], turned, *terms[place + 1 :]]
            if one != other and shape is not None and _shape_of_sum(parts, operands) == shape:
                new = f"{','.join(parts[:-1])}->{parts[-1]}"
                do = partial(bound["again"], equation=new)
                found[f"as {new}"] = Alternative(None, do, with_arguments(equation=f'"{new}"'))
    return found


def _shape_of_sum(terms: Sequence[str], operands: Sequence[Tensor]) -> tuple[int, ...] | None:
    """Return the shape of an Einstein sum, without making it; None if it cannot be made.

    An exchanged letter may leave nothing to sum over: the sum of two matrices of a megabyte then
    takes gigabytes.
    """
    sizes: dict[str, int] = {}
    for term, operand in zip(terms[:-1], operands, strict=True):
        if len(term) != operand.ndim:
            return None
        for letter, size in zip(term, operand.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if 1 not in (known, size) and known != size:
                return None
            sizes[letter] = max(known, size)
    return tuple(sizes[letter] for letter in terms[-1])


def gathered_in_order(bound: Bound) -> Alternatives:
    """Return what is gathered in the order of its places, as k-max pooling keeps it."""
    dim = bound["dim"]
    do = partial(bound["again"], index=bound["index"].sort(dim).values)
    edit = with_arguments(index=f"({{}}).sort({dim}).values")
    return {"in the order of its places": Alternative(None, do, edit)}


def transposed_otherwise(bound: Bound) -> Alternatives:
    """Return each other pair of axes exchanged, or none."""
    x, one, other = bound["input"], bound["dim0"], bound["dim1"]
    own = {one % x.ndim, other % x.ndim}
    if x.ndim > _AXES:
        return {}
    found = {
        f"by {first} and {second}": Alternative(
            None,
            partial(x.transpose, first, second),
            with_arguments(dim0=str(first), dim1=str(second)),
        )
        for first, second in combinations(range(x.ndim), 2)
        if {first, second} != own
    }
    return {**found, "left out": Alternative(None, lambda: x, Edit(function="{input}"))}


def axes_exchanged(bound: Bound) -> Alternatives:
    """Return the new shape with two axes exchanged before it, or after it."""
    x = bound["input"]
    shape: tuple[int, ...] = tuple(bound["again"]().shape)
    if prod(shape) != x.numel():
        return {}
    found: Alternatives = {}
    for one, other in combinations(range(x.ndim), 2):
        if x.shape[one] > 1 and x.shape[other] > 1:
            name = f"with axes {one} and {other} exchanged before it"
            # A view of exchanged axes is not possible.
            renamed = "reshape" if bound["kind"] == "view" else ""
            edit = Edit(before=f"{{input}}.transpose({one}, {other})", renamed=renamed)
            found[name] = Alternative(None, partial(_before, x, shape, one, other), edit)
    found |= _moved_before(bound, shape)
    for one, other in combinations(range(len(shape)), 2):
        if shape[one] > 1 and shape[other] > 1:
            name = f"with axes {one} and {other} exchanged after it"
            edit = Edit(
                exchanged=(len(shape) - one, len(shape) - other),
                after=f"{{call}}.transpose({one}, {other})",
            )
            found[name] = Alternative(None, partial(_after, x, shape, one, other), edit)
    return _distinct(found)


def _distinct(found: Alternatives) -> Alternatives:
    """Leave out the ways that do the same as one before them."""
    kept: dict[str, Tensor] = {}
    for name, way in found.items():
        made = way.do()
        if not any(torch.equal(made, one) for one in kept.values()):
            kept[name] = made
    return {name: found[name] for name in kept}


def _moved_before(bound: Bound, shape: tuple[int, ...]) -> Alternatives:
    """Return the new shape of channels last for channels first, and the reverse."""
    x, renamed = bound["input"], "reshape" if bound["kind"] == "view" else ""
    ways = {"with channels moved last before it": (1, -1), "with channels moved first": (-1, 1)}
    if x.ndim < _AXES or bound["kind"] == "flatten":
        return {}
    return {
        name: Alternative(
            None,
            partial(torch.reshape, x.movedim(*axes), shape),
            Edit(before=f"{{input}}.movedim({axes[0]}, {axes[1]})", renamed=renamed),
        )
        for name, axes in ways.items()
    }


def _before(x: Tensor, shape: tuple[int, ...], one: int, other: int) -> Tensor:
    return x.transpose(one, other).reshape(shape)


def _after(x: Tensor, shape: tuple[int, ...], one: int, other: int) -> Tensor:
    turned = list(shape)
    turned[one], turned[other] = shape[other], shape[one]
    return x.reshape(turned).transpose(one, other)


def permuted_otherwise(bound: Bound) -> Alternatives:
    """Return each other permutation that gives the same shape; of many axes, any.

    These are split and merged in a call, whose result alone must have the shape.
    """
    x = bound["input"]
    if x.ndim > _MOST_AXES:
        return {}
    made = bound["again"]()
    same = x.permute(*range(x.ndim))
    # Of many axes, the records stay in front.
    records = x.ndim > _AXES

    def fits(axes: Sequence[int]) -> bool:
        return tuple(same.shape[axis] for axis in axes) == tuple(made.shape)

    return {
        f"by {list(axes)}": Alternative(
            None, partial(x.permute, axes), with_arguments(dims=", ".join(map(str, axes)))
        )
        for axes in permutations(range(x.ndim))
        if (not axes[0] if records else fits(axes)) and x.permute(axes).stride() != made.stride()
    }
