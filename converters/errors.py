"""Errors in a user's files or arguments, reported in one line."""

from collections.abc import Sequence
from typing import NamedTuple

Shape = tuple[int, ...]


class InputError(ValueError):
    """Invalid input: what and where, what was expected, and what to do next, in one line.

    Commands print the message and exit with code 2.
    """


class Mismatch(NamedTuple):
    """One row of the table behind a WeightsError: what was found and what was expected."""

    name: str
    shape: str
    expected: str


class WeightsError(InputError):
    """Weights that cannot be read or do not fit the model; `rows` lists the mismatches, if any."""

    def __init__(self, message: str, rows: Sequence[Mismatch] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


def shape_text(shape: Sequence[int]) -> str:
    """Format a shape as `91 x 512`, or as `scalar`."""
    return " x ".join(map(str, shape)) or "scalar"
