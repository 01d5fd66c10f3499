"""One operation that is translated: its operands, its attributes, and the result asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from parity.diagnosing.lining_up.operands import Operand, fresh, number


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation.

    Args:
        operands: what it is given.
        attributes: its attributes by name.
        shape: the shape of the result asked for.
        place: which of its results that is.
        records: how many records the run had.
    """

    operands: Sequence[Operand]
    attributes: Mapping[str, Any]
    shape: tuple[int, ...]
    place: int = 0
    records: int = 1

    @property
    def first(self) -> Operand:
        """Return the first operand."""
        return self.operands[0]

    def integers(self, place: int) -> tuple[int, ...]:
        """Return the integers of a constant operand; raise UntranslatedError if it is none."""
        return self.operands[place].integers


Translation = Callable[[Operation], Operand]
"""Gives the result of an operation; raises UntranslatedError if it cannot be written."""


def joined(template: str, operands: Sequence[Operand], shape: Sequence[int]) -> Operand:
    """Return what is computed element by element, in an order of axes that the operands share.

    Args:
        template: source with a place, `{}`, for each operand.
        operands: tensors, and constants of one element.
        shape: the shape of the result.
    """
    tensors = [one for one in operands if not is_number(one)]
    orders = {one.axes for one in tensors}
    if len(orders) == 1 and len(shape) == len(tensors[0].axes):
        return Operand(template.format(*map(_text, operands)), tensors[0].axes, tuple(shape))
    texts = [_text(one) if is_number(one) else one.plain for one in operands]
    # A constant of one element may have more axes than the tensors.
    more = len(shape) - max((len(one.axes) for one in tensors), default=0)
    return fresh(template.format(*texts) + f"[{', '.join(['None'] * more)}]" * (more > 0), shape)


def is_number(operand: Operand) -> bool:
    """Return whether an operand is a constant of one element."""
    return operand.constant is not None and operand.constant.size == 1


def as_tensor(operand: Operand) -> Operand:
    """Return an operand as a tensor, for functions that take no number in its place."""
    if not is_number(operand) or operand.constant is None:
        return operand
    dtype = ", dtype={float}" if operand.constant.dtype.kind == "f" else ""
    text = f"torch.tensor({_text(operand)}{dtype})"
    return replace(fresh(text, ()), shape=operand.shape)


def _text(operand: Operand) -> str:
    if is_number(operand):
        assert operand.constant is not None
        return number(operand.constant.ravel()[0].item())
    return operand.text


def tuple_text(values: Sequence[int]) -> str:
    """Return integers as Python writes a tuple of them."""
    return f"({', '.join(map(str, values))}{',' * (len(values) == 1)})"
