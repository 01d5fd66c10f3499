"""Hypothesis strategies for recipes, built so that they shrink: one record, few and plain edits.

Arrays are never drawn element by element; what is drawn is the recipe. An edit is no more than four
choices, each out of one list with the plainest first: Hypothesis takes away at most five choices at
once, the fifth being whether there is another edit, and would leave longer ones in.
"""

from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from parity.declaring.domains import Domain
from parity.fuzz.ground import MOST_ROWS, WEIGHT, Ground
from parity.fuzz.recipe import Change, Edit, Ends, Recipe, Region

MOST_EDITS = 4
# Where products underflow, where exponentials saturate, and the other sign.
_FACTORS = (10.0, -1.0, 1e-3, 1e-7, 1e-20, 1e3)
_WEIGHT_FACTORS = (10.0, -1.0, 1e-3)
_REDRAWN = tuple(Change(seed=seed) for seed in range(4))
# As often all rows as one of them.
_ROWS = st.sampled_from((*[None] * MOST_ROWS, *range(MOST_ROWS)))


@st.composite
def recipes(draw: st.DrawFn, ground: Ground) -> Recipe:
    """Recipes for a ground, the smallest being its first record as it is given."""
    rows: tuple[int, ...] | None = None
    if ground.rows:
        places = st.integers(0, ground.rows - 1)
        rows = tuple(draw(st.lists(places, min_size=1, max_size=ground.most_rows)))
    seed = draw(st.integers(0, 9)) if ground.task.weight_map else 0
    edits = draw(st.lists(_edits(ground), max_size=MOST_EDITS))
    return Recipe(rows, seed, tuple(_within(edit, len(rows or ())) for edit in edits))


def _within(edit: Edit | Ends, rows: int) -> Edit | Ends:
    """The edit of a row that there is; of a single row there is no other part than all.

    Rows are drawn from as many as there may be, so that fewer rows leave the rest of what was drawn
    in its place: otherwise Hypothesis could not take one away and keep the edits.
    """
    if isinstance(edit, Ends):
        return replace(edit, row=_row_of(edit.row, rows))
    return replace(edit, region=replace(edit.region, row=_row_of(edit.region.row, rows)))


def _row_of(row: int | None, rows: int) -> int | None:
    return None if row is None or rows < 2 else row % rows


@st.composite
def _edits(draw: st.DrawFn, ground: Ground) -> Edit | Ends:
    arrays = ground.arrays()
    open_ = tuple(d for d in ground.domains if not d.fixed and arrays[d.input].size)
    inputs = tuple(d for d in open_ if not d.input.startswith(WEIGHT))
    outside = tuple(d for d in inputs if d.outside is not None)
    # Of many weights too an edit is one in four, or in as many as there are kinds of edits.
    weights = open_[len(inputs) :]
    kinds: list[Domain | str] = [*inputs]
    kinds += ["ends"] * bool(outside) + ["weight"] * (bool(weights) and max(1, len(inputs) // 3))
    kind = draw(st.sampled_from(kinds))
    if kind == "weight":
        domain = draw(st.sampled_from(weights))
        return Edit(domain, draw(st.sampled_from(_weight_changes(domain))))
    if isinstance(kind, str):
        part = st.integers(0, _positions(ground, outside[0]))
        return Ends(outside, draw(part), draw(part), draw(_ROWS))
    change = draw(st.sampled_from(_changes(kind)))
    region = draw(st.sampled_from(_regions(_positions(ground, kind))))
    return Edit(kind, change, replace(region, row=draw(_ROWS)))


def _positions(ground: Ground, domain: Domain) -> int:
    """How many positions an input has along the axis after its records; 0 if it has none."""
    shape = ground.task.inputs[domain.input].shape
    axis = 1 if ground.batch.get(domain.input) == 0 else 0
    return shape[axis] if axis < len(shape) else 0


@cache
def _changes(domain: Domain) -> tuple[Change, ...]:
    values = tuple(Change(value=value) for value in domain.values())
    factors = () if domain.integer else tuple(Change(factor=factor) for factor in _FACTORS)
    return values + _REDRAWN + factors


@cache
def _weight_changes(domain: Domain) -> tuple[Change, ...]:
    smallest = 0.0 if domain.low < 0 else domain.low
    return (Change(value=smallest), *(Change(factor=factor) for factor in _WEIGHT_FACTORS))


@cache
def _regions(positions: int) -> tuple[Region, ...]:
    """Parts of an array: as often all of it as the one or the other end, or a tenth here and there.

    Ends are of one position, of twice as many, and so on, and of all but one.
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
