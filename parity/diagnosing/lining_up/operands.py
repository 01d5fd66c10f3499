"""Operands of expressions: source that makes a tensor, and the order of its axes, held back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array


class UntranslatedError(Exception):
    """An operation of the reference that has no translation."""


@dataclass(frozen=True, eq=False)
class Operand:
    """A tensor as the reference holds it.

    Args:
        text: source of a tensor.
        axes: the axes of that tensor, in the order in which the reference has them.
        shape: the shape in the reference.
        constant: its values, if it depends on no input or weight.
    """

    text: str
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    constant: Array | None = None

    @property
    def plain(self) -> str:
        """Return source of the tensor in the reference's order of axes."""
        if self.axes == tuple(range(len(self.axes))):
            return self.text
        return f"{self.text}.permute({', '.join(map(str, self.axes))})"

    @property
    def held_shape(self) -> tuple[int, ...]:
        """Return the shape of what the source makes, before its axes are put in order."""
        held = [0] * len(self.axes)
        for place, axis in enumerate(self.axes):
            held[axis] = self.shape[place]
        return tuple(held)

    def permuted(self, axes: Sequence[int]) -> "Operand":
        """Return the tensor with its axes in another order."""
        return replace(
            self,
            axes=tuple(self.axes[axis] for axis in axes),
            shape=tuple(self.shape[axis] for axis in axes),
        )

    @property
    def integers(self) -> tuple[int, ...]:
        """Return a constant's integers; raise UntranslatedError if it is none."""
        if self.constant is None or self.constant.dtype.kind not in "iu":
            raise UntranslatedError("an argument that depends on data")
        return tuple(int(value) for value in np.ravel(self.constant))


def fresh(text: str, shape: Sequence[int]) -> Operand:
    """Return an operand whose source has the reference's order of axes."""
    return Operand(text, tuple(range(len(shape))), tuple(shape))


def number(value: float | int | bool) -> str:
    """Return a number as Python writes it, with every digit of a float64."""
    if isinstance(value, bool | int):
        return repr(value)
    return repr(float(value)) if np.isfinite(value) else f'float("{value}")'
