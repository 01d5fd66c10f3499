"""Constants of one side in its float64 run, made exact or rounded to float32: what was changed.

A number that the code writes down (0.1, the square root of a head size, a table of positions) is
the same float32 on both sides and may still be two float64 numbers, because one side holds it in
float32 in its float64 run too. A run with its constants exact, or rounded, shows whether that is
all that differs (parity.checking.constant_hypotheses).
"""

import hashlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from parity.arrays import Array

ConstantState = Literal["exact", "rounded"]
"""How a float64 run holds its constants.

- exact: as the code states them, computed in float64: none was ever rounded to float32;
- rounded: the exact ones, each rounded to float32 once, where it meets the inputs or weights.
"""
Key = tuple[str, str]
"""An operation and what it was given: identifies a constant in several runs of one side."""


@dataclass(frozen=True)
class Constant:
    """A constant that a run changed.

    Args:
        operation: the operation that took it, as its framework names it.
        value: the exact number, or the shape of a table.
        held: the number in float32; for a table, its largest change.
        where: file and line of the user's code, or "".
    """

    operation: str
    value: str
    held: str
    where: str = ""


@dataclass
class ConstantChanges:
    """The state to hold constants in, those to leave as they are, and those that were changed.

    `values` holds, by key, what the code states and what float32 makes of it, in float64. With
    `without_casts`, data stays in float64 where the code casts it to float32, or holds weights so.
    """

    state: ConstantState
    skip: frozenset[Key] = frozenset()
    found: dict[Key, Constant] = field(default_factory=dict)
    values: dict[Key, tuple[Array, Array]] = field(default_factory=dict)
    without_casts: bool = False

    def take_over(self, other: "ConstantChanges") -> None:
        """Note all that the same changes, made in another process, have noted."""
        self.found.update(other.found)
        self.values.update(other.values)

    def change(self, operation: str, exact: Array, held: Array, where: str = "") -> bool:
        """Return whether to change a constant, and note it.

        Args:
            operation: what takes the constant.
            exact: its values as the code states them.
            held: its values rounded to float32, or as float32 arithmetic gives them.
            where: file and line.
        """
        exact, held = np.asarray(exact, np.float64), np.asarray(held, np.float64)
        if np.array_equal(exact, held, equal_nan=True):
            return False
        key, constant = _describe(operation, exact, held, where)
        changed = self.note(key, constant)
        if changed:
            self.values.setdefault(key, (exact, held))
        return changed

    def note(self, key: Key, constant: Constant) -> bool:
        """Note a change by its key, and return whether to make it."""
        if key in self.skip:
            return False
        self.found.setdefault(key, constant)
        return True


def _describe(operation: str, exact: Array, held: Array, where: str) -> tuple[Key, Constant]:
    distinct = np.unique(exact) if exact.size <= 1 or np.ptp(exact) == 0 else exact
    if distinct.size == 1:
        value, other = repr(float(distinct.flat[0])), repr(float(held.flat[0]))
        return (operation, value), Constant(operation, value, other, where)
    digest = hashlib.blake2b(np.ascontiguousarray(exact).tobytes(), digest_size=8).hexdigest()
    shape = "x".join(map(str, exact.shape))
    change = f"{np.nanmax(np.abs(exact - held)):.2g}"
    return (operation, f"{shape} {digest}"), Constant(operation, f"table of {shape}", change, where)


def round_to_float32(array: Array) -> Array:
    """Round float64 values to float32 and back; those that float32 cannot hold stay as they are.

    A number never moves by more than half a float32 ulp: infinities, and numbers above the largest
    or below the smallest normal float32 are not changed.
    """
    values = np.asarray(array, np.float64)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        rounded = values.astype(np.float32).astype(np.float64)
        held = np.abs(values) >= np.finfo(np.float32).tiny
        kept: Array = np.where(held & np.isfinite(rounded), rounded, values)
    return kept


def are_within_half_ulp(one: Array, other: Array) -> bool:
    """Return whether two float64 arrays are so close that float32 may well not tell them apart."""
    largest = np.maximum(np.abs(one), np.abs(other)).astype(np.float32)
    return bool(np.all(np.abs(one - other) <= np.spacing(largest).astype(np.float64) / 2))
