"""Fuzz cases: a few edits, each with a readable description, so that a case can be shrunk."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice, zip_longest

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.domains import Domain
from parity.declaring.inputs import draw_weights, generator
from parity.declaring.trace import Task
from parity.fuzz.target import WEIGHT, FuzzTarget

# Mixtures to try, and pairs of values to narrow one down to.
_SEEDS, _MOST_PAIRS = 4, 64


@dataclass(frozen=True)
class Region:
    """Part of an array: one row or all, the first or last positions, or scattered elements.

    `first` and `last` count along the axis after the rows. `scattered` is a seed that selects a
    tenth of the remaining elements. None sets no limit.
    """

    row: int | None = None
    first: int | None = None
    last: int | None = None
    scattered: int | None = None

    def mask(self, shape: tuple[int, ...], batch: int | None) -> Array:
        """Return a boolean array, True within the region; `batch` is the axis of rows."""
        where = np.ones(shape, bool)
        axis = 1 if batch == 0 else 0
        if self.row is not None and batch is not None:
            where &= _positions(shape, batch) == self.row % shape[batch]
        if self.first is not None and axis < len(shape):
            where &= _positions(shape, axis) < self.first
        if self.last is not None and axis < len(shape):
            where &= _positions(shape, axis) >= shape[axis] - self.last
        if self.scattered is not None:
            where &= generator("scattered", self.scattered).random(shape) < 0.1
        return where

    def __str__(self) -> str:
        parts = (
            (self.row, f"in row {self.row}"),
            (self.first, f"at the first {self.first} positions"),
            (self.last, f"at the last {self.last} positions"),
            (self.scattered, "at scattered positions"),
        )
        return " ".join(text for value, text in parts if value is not None) or "everywhere"


def _shown(value: float) -> str:
    """Return a value in as few digits as tell it from its neighbours in float32."""
    short = f"{value:g}"
    return short if np.float32(short) == np.float32(value) else str(np.float32(value))


def _positions(shape: tuple[int, ...], axis: int) -> Array:
    """Return the index along one axis, in a shape that broadcasts over the others."""
    return np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])


@dataclass(frozen=True)
class Change:
    """New content of a region: one value, a multiple of the old content, or redrawn values.

    `seed` redraws usual values, `mixed` any of the domain's values to try, boundaries included.
    """

    value: float | None = None
    factor: float | None = None
    seed: int | None = None
    mixed: int | None = None

    def apply(self, array: Array, domain: Domain) -> Array:
        """Return the array with every element changed."""
        if self.value is not None:
            return np.full(array.shape, self.value, array.dtype)
        if self.factor is not None:
            return domain.clip((array * array.dtype.type(self.factor)).astype(array.dtype))
        if self.mixed is not None:
            values = np.array(domain.mixed_values() or domain.values())
            random = generator(f"mixed/{domain.input}", self.mixed)
            return np.asarray(random.choice(values, array.shape), array.dtype)
        return domain.draw(generator(f"redraw/{domain.input}", self.seed or 0), array)

    def __str__(self) -> str:
        if self.value is not None:
            return f"= {_shown(self.value)}"
        if self.factor is not None:
            return f"multiplied by {self.factor:g}"
        return "redrawn" if self.mixed is None else "a mixture of the values to try"


@dataclass(frozen=True)
class Edit:
    """One change in one region of one array."""

    domain: Domain
    change: Change = Change()
    region: Region = Region()

    def apply(self, arrays: Arrays, batch: dict[str, int]) -> Arrays:
        """Return the arrays with the change made."""
        name = self.domain.input
        array = arrays[name]
        where = self.region.mask(array.shape, batch.get(name))
        if self.domain.columns is not None:
            column = np.arange(array.shape[-1])
            start, stop = self.domain.columns
            where &= (column >= start) & (column < stop)
        return {**arrays, name: np.where(where, self.change.apply(array, self.domain), array)}

    def __str__(self) -> str:
        name = self.domain.input
        if self.domain.columns is not None:
            name += "[..., {}:{}]".format(*self.domain.columns)
        return f"{name} {self.change} {self.region}"


@dataclass(frozen=True)
class Padding:
    """Padding at both ends of a sequence, in all inputs that declare a padding value."""

    domains: tuple[Domain, ...]
    first: int
    last: int
    row: int | None

    def apply(self, arrays: Arrays, batch: dict[str, int]) -> Arrays:
        """Return the arrays with both ends set to the padding values."""
        for domain in self.domains:
            for region in (Region(self.row, first=self.first), Region(self.row, last=self.last)):
                arrays = Edit(domain, Change(domain.outside), region).apply(arrays, batch)
        return arrays

    def __str__(self) -> str:
        where = "" if self.row is None else f" in row {self.row}"
        return f"padding at the first {self.first} and last {self.last} positions{where}"


@dataclass(frozen=True)
class FuzzCase:
    """Rows, weights and edits that turn a target into a task; by default the target's own task.

    `rows` are indices of the target's rows, repetitions allowed; None takes all of them.
    """

    rows: tuple[int, ...] | None = None
    weights_seed: int = 0
    edits: tuple[Edit | Padding, ...] = ()

    def build(self, target: FuzzTarget) -> Task:
        """Return the target's task with the case's changes made."""
        task = target.task
        if self.weights_seed:
            seed = task.seed + self.weights_seed
            task = replace(task, weights=draw_weights(task.weight_map, seed))
        arrays = replace(target, task=task).arrays()
        if self.rows is not None:
            arrays = _take_rows(arrays, target, self.rows)
        for edit in self.edits:
            arrays = edit.apply(arrays, target.batch)
        arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        return replace(
            task,
            inputs={name: array for name, array in arrays.items() if name in task.inputs},
            weights={name: arrays[WEIGHT + name] for name in task.weights},
        )

    def describe(self) -> list[str]:
        """Return one phrase for each change."""
        phrases = []
        if self.rows is not None:
            rows = ", ".join(map(str, self.rows))
            phrases.append(f"row{'s' * (len(self.rows) != 1)} {rows} of the input")
        if self.weights_seed:
            phrases.append(f"weights redrawn (seed + {self.weights_seed})")
        return [*phrases, *map(str, self.edits)] or ["input unchanged"]


def _take_rows(arrays: Arrays, target: FuzzTarget, rows: tuple[int, ...]) -> Arrays:
    fixed = {domain.input for domain in target.domains if domain.fixed}
    taken = {}
    for name, array in arrays.items():
        if name in target.batch:
            chosen = range(len(rows)) if name in fixed else rows
            array = array.take(chosen, target.batch[name])
        taken[name] = array
    return taken


def simple_cases(target: FuzzTarget) -> Iterator[FuzzCase]:
    """Yield simple cases known to break ports, each as small as a counterexample can be.

    The fewest rows there may be, the same row twice, other weights, a padded sequence, and each
    value of each input's domain everywhere, the first value of every input before the second of
    any.
    """
    one = _fewest(target)
    if target.rows:
        yield FuzzCase(one)
    if target.rows and target.most_rows > 1:
        yield FuzzCase((0,) * max(2, target.least_rows))
    if target.task.weight_map:
        yield FuzzCase(one, weights_seed=1)
    inputs = [d for d in target.domains if not d.input.startswith(WEIGHT) and not d.fixed]
    padded = tuple(domain for domain in inputs if domain.outside is not None)
    if padded:
        length = target.task.inputs[padded[0].input].shape[1]
        yield FuzzCase(one, edits=(Padding(padded, length // 2, length // 4, None),))
    by_input = [[Edit(domain, Change(value=v)) for v in domain.values()] for domain in inputs]
    for edits in zip_longest(*by_input):
        yield from (FuzzCase(one, edits=(edit,)) for edit in edits if edit is not None)


def mixed_cases(target: FuzzTarget) -> Iterator[FuzzCase]:
    """Yield cases in which inputs hold codes and boundaries side by side, all or one at a time.

    One of them tries what would take a case for each value, and for each combination of the codes
    of two inputs. A counterexample is to be narrowed down (`narrowed_cases`).
    """
    inputs = _mixable(target)
    rows = tuple(n % target.rows for n in range(target.most_rows)) if target.rows else None
    for seed in range(_SEEDS):
        if len(inputs) > 1:
            yield FuzzCase(rows, edits=tuple(Edit(one, Change(mixed=seed)) for one in inputs))
        for one in inputs:
            yield FuzzCase(rows, edits=(Edit(one, Change(mixed=seed)),))


def narrowed_cases(target: FuzzTarget) -> Iterator[FuzzCase]:
    """Yield what mixed cases are made of: each value of one input, then any two of two inputs."""
    inputs, fewest = _mixable(target), _fewest(target)
    edits = [[Edit(one, Change(value=v)) for v in one.mixed_values()] for one in inputs]
    yield from (FuzzCase(fewest, edits=(edit,)) for of_one in edits for edit in of_one)
    pairs = (
        FuzzCase(fewest, edits=(first, second))
        for of_one, of_other in combinations(edits, 2)
        for first in of_one
        for second in of_other
    )
    yield from islice(pairs, _MOST_PAIRS)


def _mixable(target: FuzzTarget) -> list[Domain]:
    return [
        domain
        for domain in target.domains
        if not domain.input.startswith(WEIGHT)
        and not domain.fixed
        and len(domain.mixed_values()) > 1
    ]


def _fewest(target: FuzzTarget) -> tuple[int, ...] | None:
    return tuple(range(target.least_rows)) if target.rows else None
