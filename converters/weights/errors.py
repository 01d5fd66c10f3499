"""The error for weights that do not fit, with the rows of the table that shows why."""

from collections.abc import Sequence
from typing import NamedTuple

Shape = tuple[int, ...]


class Mismatch(NamedTuple):
    """One row: what was found under which name and shape, and what was expected instead."""

    name: str
    shape: str
    expected: str


class WeightsError(ValueError):
    """Weights that cannot be read or do not fit the model; `rows` has the details, if any."""

    def __init__(self, message: str, rows: Sequence[Mismatch] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


def shape_text(shape: Sequence[int]) -> str:
    """Write a shape as the tables do: `91 x 512`, or `scalar`."""
    return " x ".join(map(str, shape)) or "scalar"
