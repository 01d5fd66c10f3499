"""Hypothesis strategies for fuzz cases, built to shrink to one row and a few simple edits.

Arrays are never drawn element by element; only the case is drawn. An edit takes at most four
choices, each from a list that begins with the simplest: Hypothesis removes at most five choices at
once, the fifth being whether another edit follows, and would keep an edit of more choices.
"""

from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from parity.declaring.domains import Domain
from parity.fuzz.cases import Change, Edit, FuzzCase, Padding, Region
from parity.fuzz.target import MOST_ROWS, WEIGHT, FuzzTarget

MOST_EDITS = 4
# Where products underflow, where exponentials saturate, and the other sign.
_FACTORS = (10.0, -1.0, 1e-3, 1e-7, 1e-20, 1e3)
_WEIGHT_FACTORS = (10.0, -1.0, 1e-3)
_REDRAWN = tuple(Change(seed=seed) for seed in range(4))
_MIXED = tuple(Change(mixed=seed) for seed in range(4))
# All rows as often as a single one.
_ROWS = st.sampled_from((*[None] * MOST_ROWS, *range(MOST_ROWS)))


@st.composite
def cases(draw: st.DrawFn, target: FuzzTarget) -> FuzzCase:
    """Draw cases of a target; the smallest is its first row, unchanged."""
    rows: tuple[int, ...] | None = None
    if target.rows:
        row = st.integers(0, target.rows - 1)
        rows = tuple(draw(st.lists(row, min_size=target.least_rows, max_size=target.most_rows)))
    seed = draw(st.integers(0, 9)) if target.task.weight_map else 0
    edits = draw(st.lists(_edits(target), max_size=MOST_EDITS))
    return FuzzCase(rows, seed, tuple(_limit_row(edit, len(rows or ())) for edit in edits))


def _limit_row(edit: Edit | Padding, rows: int) -> Edit | Padding:
    """Return the edit with its row among those that exist; a single row is edited as a whole.

    The row is drawn from the most rows that there may be, whatever their number: otherwise
    Hypothesis could not remove a row and keep the edits that it drew after it.
    """

    def limit(row: int | None) -> int | None:
        return None if row is None or rows < 2 else row % rows

    if isinstance(edit, Padding):
        return replace(edit, row=limit(edit.row))
    return replace(edit, region=replace(edit.region, row=limit(edit.region.row)))


@st.composite
def _edits(draw: st.DrawFn, target: FuzzTarget) -> Edit | Padding:
    arrays = target.arrays()
    editable = tuple(d for d in target.domains if not d.fixed and arrays[d.input].size)
    inputs = tuple(d for d in editable if not d.input.startswith(WEIGHT))
    padded = tuple(d for d in inputs if d.outside is not None)
    # However many weights there are, about one edit in four is of a weight.
    weights = editable[len(inputs) :]
    kinds: list[Domain | str] = [*inputs]
    kinds += ["padding"] * bool(padded) + ["weight"] * (bool(weights) and max(1, len(inputs) // 3))
    kind = draw(st.sampled_from(kinds))
    if kind == "weight":
        domain = draw(st.sampled_from(weights))
        return Edit(domain, draw(st.sampled_from(_weight_changes(domain))))
    if isinstance(kind, str):
        part = st.integers(0, _positions(target, padded[0]))
        return Padding(padded, draw(part), draw(part), draw(_ROWS))
    change = draw(st.sampled_from(_changes(kind)))
    region = draw(st.sampled_from(_regions(_positions(target, kind))))
    return Edit(kind, change, replace(region, row=draw(_ROWS)))


def _positions(target: FuzzTarget, domain: Domain) -> int:
    """Return the length of an input's axis after its rows; 0 if it has no such axis."""
    shape = target.task.inputs[domain.input].shape
    axis = 1 if target.batch.get(domain.input) == 0 else 0
    return shape[axis] if axis < len(shape) else 0


@cache
def _changes(domain: Domain) -> tuple[Change, ...]:
    values = tuple(Change(value=value) for value in domain.values())
    factors = () if domain.integer else tuple(Change(factor=factor) for factor in _FACTORS)
    mixed = _MIXED if len(domain.mixed_values()) > 1 else ()
    return values + mixed + _REDRAWN + factors


@cache
def _weight_changes(domain: Domain) -> tuple[Change, ...]:
    smallest = 0.0 if domain.low < 0 else domain.low
    return (Change(value=smallest), *(Change(factor=factor) for factor in _WEIGHT_FACTORS))


@cache
def _regions(positions: int) -> tuple[Region, ...]:
    """Return the regions to draw from; the whole array comes up as often as all parts together.

    Parts are either end, of 1, 2, 4, ... positions or of all but one, and scattered tenths.
    """
    if positions < 2:
        return (Region(),)
    counts = sorted({*(2**n for n in range(positions.bit_length() - 1)), positions - 1})
    parts = [
        *(Region(first=count) for count in counts),
        *(Region(last=count) for count in counts),
        *(Region(scattered=seed) for seed in range(4)),
    ]
    return (*[Region()] * len(parts), *parts)
