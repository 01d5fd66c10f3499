"""Where in an output the errors are, and how large beside its values: what pictures are made from.

A verdict keeps maxima alone. Here each output is gone over once more, in blocks, and what is kept
is small whatever the output's size. Gathered only when asked for (`Selection.details`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array
from parity.checking.execution import FourRuns
from parity.judging.elementwise import magnitude
from parity.judging.margin import margin
from parity.judging.verdict import OutputResult, Verdict

# Bins a decade, and the decades shown, of magnitudes and of errors relative to the output's scale.
BINS = 4
MAGNITUDES = (-9, 0)
ERRORS = (-20, 3)
# A map has at most so many cells along either side; a cell is the largest error within it.
CELLS = 64
# In a case with many failing outputs, those that come first tell the most.
OUTPUTS = 4
_BLOCK = 1 << 17

CANDIDATE32, REFERENCE32, BETWEEN64 = "candidate float32", "reference float32", "float64"
Errors = dict[str, tuple[Array, Array]]
"""Pairs of arrays of one shape, whose difference is an error; by one of the three names above."""


@dataclass(frozen=True)
class Magnitudes:
    """Errors against magnitudes, both relative to the output's scale.

    By name of the error: `counts` (magnitude bins, error bins) int64, and `largest` (magnitude
    bins,) float64, 0 where there is none. Elements without an error, and those that are not finite,
    are not counted. What lies outside of the decades shown counts in the outermost bin.
    """

    counts: Mapping[str, Array]
    largest: Mapping[str, Array]


@dataclass(frozen=True)
class Positions:
    """The largest error over all axes but two, relative to the output's scale.

    `axes` are those two, rows first, `letters` what the declaration calls them, `extent` their full
    lengths. `maps` are (rows, columns) float64 by name of the error, at most CELLS either way;
    infinite where a value is NaN or infinite on one side only. Values that are no floating numbers
    differ by 1 or by nothing.
    """

    axes: tuple[int, int]
    letters: tuple[str, str]
    extent: tuple[int, int]
    maps: Mapping[str, Array]


@dataclass(frozen=True)
class Detail:
    """What is kept of one output; `magnitudes` is None for what is no floating number."""

    magnitudes: Magnitudes | None
    positions: Positions


def gather(
    runs: FourRuns, outputs: Sequence[OutputResult], axes: Mapping[str, str]
) -> dict[str, Detail]:
    """Details of the outputs that tell the most, by name; `axes` as `Pair.axes` has them.

    These are the first failing ones of those that can be laid over each other, or, where all pass,
    the one nearest to its bounds.
    """
    found = {}
    for output in _telling(outputs):
        errors = _errors(runs, output.name)
        scale = output.scale or _scale(runs, output.name)
        focus = BETWEEN64 if _fails_in_float64(output, errors) else CANDIDATE32
        floating = errors[CANDIDATE32][0].dtype.kind == "f"
        found[output.name] = Detail(
            _magnitudes(errors, scale) if floating and scale else None,
            _positions(errors, scale or 1.0, _letters(output, axes), errors[focus]),
        )
    return found


def _telling(outputs: Sequence[OutputResult]) -> list[OutputResult]:
    alike = [
        output
        for output in outputs
        if output.ref_shape is not None
        and output.ref_shape == output.cand_shape
        and output.ref_dtype == output.cand_dtype
        and 0 not in output.ref_shape
    ]
    failing = [output for output in alike if not output.verdict.passes]
    if failing:
        return failing[:OUTPUTS]
    held = [(m.worse, o) for o in alike if o.verdict is Verdict.EQUIVALENT and (m := margin(o))]
    return [max(held, key=lambda pair: pair[0])[1]] if held else []


def _fails_in_float64(output: OutputResult, errors: Errors) -> bool:
    return output.verdict is Verdict.DIFFERENT and BETWEEN64 in errors


def _letters(output: OutputResult, axes: Mapping[str, str]) -> list[str]:
    """A name for each axis that the arrays are given, empty for one that the output has not."""
    count = len(output.ref_shape or ())
    letters = axes.get(output.name, "").split()
    if len(letters) != count:
        letters = [f"axis {axis}" for axis in range(count)]
    return [""] * (2 - count) + letters


def _errors(runs: FourRuns, name: str) -> Errors:
    """The differences that can be had: against float64, or else between the two float32 runs."""
    ref32, cand32 = (_flat(run.named()[name]) for run in (runs.reference32, runs.candidate32))
    doubles = [
        _flat(run.named()[name])
        for run in (runs.reference64, runs.candidate64)
        if run is not None and name in run.named()
    ]
    usable = [array for array in doubles if array.shape == ref32.shape and array.dtype.kind == "f"]
    if ref32.dtype.kind != "f" or len(usable) < 2:
        return {CANDIDATE32: (cand32, ref32)}
    ref64, cand64 = usable
    return {
        CANDIDATE32: (cand32, ref64),
        REFERENCE32: (ref32, ref64),
        BETWEEN64: (cand64, ref64),
    }


def _flat(array: Array) -> Array:
    """The array itself; a scalar as one row of one column, one axis as one row."""
    return array.reshape((1,) * (2 - array.ndim) + array.shape)


def _scale(runs: FourRuns, name: str) -> float:
    array = runs.reference32.named()[name]
    return magnitude(array) if array.dtype.kind == "f" else 1.0


def _parts(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Indices that cut an array into boxes of at most _BLOCK elements, all axes kept."""
    tails = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    split = next(axis for axis, tail in enumerate(tails) if tail <= _BLOCK)
    step = max(1, _BLOCK // tails[split])
    for outer in np.ndindex(shape[:split]):
        for start in range(0, shape[split], step):
            stop = min(start + step, shape[split])
            yield (*(slice(i, i + 1) for i in outer), slice(start, stop))


def _gap(one: Array, other: Array) -> Array:
    """|one - other| in float64; infinite where one side alone is not finite, 0 where both are."""
    gap: Array
    if one.dtype.kind != "f":
        gap = (one != other).astype(np.float64)
        return gap
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(np.subtract(one, other, dtype=np.float64))
    if not np.isfinite(gap.max()):
        same = (one == other) | (np.isnan(one) & np.isnan(other))
        gap[np.isnan(gap)] = np.inf
        gap[same] = 0
    return gap


def _bin(values: Array, decades: tuple[int, int]) -> Array:
    lowest, highest = decades
    with np.errstate(divide="ignore"):
        levels = np.floor((np.log10(values) - lowest) * BINS)
    bins: Array = np.clip(levels, 0, (highest - lowest) * BINS - 1).astype(np.int64)
    return bins


def _magnitudes(errors: Errors, scale: float) -> Magnitudes:
    columns, rows = ((high - low) * BINS for low, high in (MAGNITUDES, ERRORS))
    counts = {name: np.zeros((columns, rows), np.int64) for name in errors}
    largest = {name: np.zeros(columns) for name in errors}
    truth = errors[CANDIDATE32][1]
    for part in _parts(truth.shape):
        true = np.abs(truth[part], dtype=np.float64)
        for name, (one, other) in errors.items():
            error = _gap(one[part], other[part]) / scale
            seen = (error > 0) & np.isfinite(error) & np.isfinite(true)
            column, error = _bin(true[seen] / scale, MAGNITUDES), error[seen]
            flat = column * rows + _bin(error, ERRORS)
            counts[name] += np.bincount(flat, minlength=columns * rows).reshape(columns, rows)
            np.maximum.at(largest[name], column, error)
    return Magnitudes(counts, largest)


def _positions(
    errors: Errors, scale: float, letters: list[str], focus: tuple[Array, Array]
) -> Positions:
    """Maps over the two axes along which the error in focus is least even."""
    axes = _uneven(*focus)
    extent = (focus[0].shape[axes[0]], focus[0].shape[axes[1]])
    maps = {
        name: _map(one, other, axes, extent) / scale
        for name, (one, other) in errors.items()
        if name != REFERENCE32
    }
    return Positions(axes, (letters[axes[0]], letters[axes[1]]), extent, maps)


def _uneven(one: Array, other: Array) -> tuple[int, int]:
    """The two axes along which the largest error is the most concentrated, in their order."""
    profiles = [np.zeros(length) for length in one.shape]
    for part in _parts(one.shape):
        gap = _gap(one[part], other[part])
        for axis, profile in enumerate(profiles):
            here = part[axis] if axis < len(part) else slice(None)
            over = tuple(a for a in range(gap.ndim) if a != axis)
            np.maximum(profile[here], gap.max(axis=over), out=profile[here])
    ranked = sorted(range(len(profiles)), key=lambda axis: -_concentration(profiles[axis]))
    first, second = sorted(ranked[:2])
    return first, second


def _concentration(profile: Array) -> float:
    """0 for the same error everywhere, near 1 for one position alone; below 0 for one position."""
    if profile.size == 1:
        return -1.0
    finite = np.nan_to_num(profile, posinf=np.finfo(np.float64).max / profile.size)
    largest = finite.max()
    return float(1 - (finite / largest).mean()) if largest > 0 else 0.0


def _map(one: Array, other: Array, axes: tuple[int, int], extent: tuple[int, int]) -> Array:
    cells = [np.arange(n) * min(n, CELLS) // n for n in extent]
    found = np.zeros((min(extent[0], CELLS), min(extent[1], CELLS)))
    over = tuple(axis for axis in range(one.ndim) if axis not in axes)
    for part in _parts(one.shape):
        gap = _gap(one[part], other[part]).max(axis=over)
        row, column = (
            cell[part[axis] if axis < len(part) else slice(None)]
            for cell, axis in zip(cells, axes, strict=True)
        )
        np.maximum.at(found, (row[:, None], column[None, :]), gap)
    return found
