"""A case as what is changed in the given one: few, nameable edits, so that it can shrink."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.domains import Domain
from parity.declaring.inputs import draw_weights, generator
from parity.declaring.trace import Task
from parity.fuzz.ground import WEIGHT, Ground


@dataclass(frozen=True)
class Region:
    """A part of an array: of one record or all, of the first or last positions, or scattered.

    `first` and `last` count along the axis after the records'; `scattered` seeds a tenth of what is
    left; None is no limit.
    """

    row: int | None = None
    first: int | None = None
    last: int | None = None
    scattered: int | None = None

    def of(self, shape: tuple[int, ...], batch: int | None) -> Array:
        """A mask of `shape`, true within the region; `batch` is the axis of records."""
        where = np.ones(shape, bool)
        axis = 1 if batch == 0 else 0
        if self.row is not None and batch is not None:
            where &= _along(shape, batch) == self.row % shape[batch]
        if self.first is not None and axis < len(shape):
            where &= _along(shape, axis) < self.first
        if self.last is not None and axis < len(shape):
            where &= _along(shape, axis) >= shape[axis] - self.last
        if self.scattered is not None:
            where &= generator("scattered", self.scattered).random(shape) < 0.1
        return where

    def __str__(self) -> str:
        parts = (
            (self.row, f"in row {self.row}"),
            (self.first, f"at the first {self.first} positions"),
            (self.last, f"at the last {self.last} positions"),
            (self.scattered, "here and there"),
        )
        return " ".join(text for value, text in parts if value is not None) or "everywhere"


def _along(shape: tuple[int, ...], axis: int) -> Array:
    """The index along one axis, to be broadcast over the others."""
    return np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])


@dataclass(frozen=True)
class Change:
    """What becomes of a region: one value, a multiple of what is there, or usual values anew."""

    value: float | None = None
    factor: float | None = None
    seed: int | None = None

    def of(self, array: Array, domain: Domain) -> Array:
        """The changed array, all of it."""
        if self.value is not None:
            return np.full(array.shape, self.value, array.dtype)
        if self.factor is not None:
            return domain.clip((array * array.dtype.type(self.factor)).astype(array.dtype))
        return domain.draw(generator(f"redraw/{domain.input}", self.seed or 0), array)

    def __str__(self) -> str:
        if self.value is not None:
            return f"{self.value:g}"
        return f"{self.factor:g} times as large" if self.factor is not None else "drawn anew"


@dataclass(frozen=True)
class Edit:
    """One change in one region of one array."""

    domain: Domain
    change: Change = Change()
    region: Region = Region()

    def apply(self, arrays: Arrays, batch: dict[str, int]) -> Arrays:
        """The arrays with the change made."""
        name = self.domain.input
        array = arrays[name]
        where = self.region.of(array.shape, batch.get(name))
        if self.domain.columns is not None:
            column = np.arange(array.shape[-1])
            start, stop = self.domain.columns
            where &= (column >= start) & (column < stop)
        return {**arrays, name: np.where(where, self.change.of(array, self.domain), array)}

    def __str__(self) -> str:
        name = self.domain.input
        if self.domain.columns is not None:
            name += "[..., {}:{}]".format(*self.domain.columns)
        return f"{name} {self.change} {self.region}"


@dataclass(frozen=True)
class Ends:
    """A sequence that begins late or ends early: what stands outside of it, in all such inputs."""

    domains: tuple[Domain, ...]
    first: int
    last: int
    row: int | None

    def apply(self, arrays: Arrays, batch: dict[str, int]) -> Arrays:
        """The arrays with what is outside put there."""
        for domain in self.domains:
            for region in (Region(self.row, first=self.first), Region(self.row, last=self.last)):
                arrays = Edit(domain, Change(domain.outside), region).apply(arrays, batch)
        return arrays

    def __str__(self) -> str:
        where = "" if self.row is None else f" in row {self.row}"
        return f"nothing at the first {self.first} and last {self.last} positions{where}"


@dataclass(frozen=True)
class Recipe:
    """Which records, which weights, and what is changed in them; by itself the case as given.

    `rows` are places among the given records, and one may stand there twice; None takes all.
    """

    rows: tuple[int, ...] | None = None
    weights_seed: int = 0
    edits: tuple[Edit | Ends, ...] = ()

    def cook(self, ground: Ground) -> Task:
        """The task that the recipe makes out of the given one."""
        task = ground.task
        if self.weights_seed:
            seed = task.seed + self.weights_seed
            task = replace(task, weights=draw_weights(task.weight_map, seed))
        arrays = replace(ground, task=task).arrays()
        arrays = dict(_rows(arrays, ground, self.rows)) if self.rows is not None else arrays
        for edit in self.edits:
            arrays = edit.apply(arrays, ground.batch)
        whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        return replace(
            task,
            inputs={name: array for name, array in whole.items() if name in task.inputs},
            weights={name: whole[WEIGHT + name] for name in task.weights},
        )

    def words(self) -> list[str]:
        """What is changed, one phrase a change."""
        found = []
        if self.rows is not None:
            rows = ", ".join(map(str, self.rows))
            found.append(f"{len(self.rows)} row{'s' * (len(self.rows) != 1)} (of given: {rows})")
        if self.weights_seed:
            found.append(f"weights of another seed (+{self.weights_seed})")
        return [*found, *map(str, self.edits)] or ["as given"]


def _rows(arrays: Arrays, ground: Ground, rows: tuple[int, ...]) -> Iterator[tuple[str, Array]]:
    fixed = {domain.input for domain in ground.domains if domain.fixed}
    for name, array in arrays.items():
        if name in ground.batch:
            chosen = range(len(rows)) if name in fixed else rows
            array = array.take(chosen, ground.batch[name])
        yield name, array
