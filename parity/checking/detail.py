"""Places and sizes of an output's errors, as data for pictures.

A verdict keeps only maxima. Here each output is read once more, in blocks, into a summary that is
small regardless of the output's size. Computed only if selected (`Selection.details`).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.trace import Trace
from parity.judging.elementwise import magnitude
from parity.judging.four_runs import FourRuns
from parity.judging.margin import margin
from parity.judging.verdict import OutputResult, Verdict

# Bins per decade, and the decades shown, of magnitudes and errors relative to the output's scale.
BINS = 4
MAGNITUDES = (-9, 0)
ERRORS = (-20, 3)
# A map has at most this many cells along either side; a cell holds the largest error within it.
CELLS = 64
# In a case with many failing outputs, the first ones are the most informative.
OUTPUTS = 4
_BLOCK = 1 << 17

CANDIDATE32, REFERENCE32, BETWEEN64 = "candidate float32", "reference float32", "float64"
Errors = dict[str, tuple[Array, Array]]
"""Pairs of arrays of one shape whose difference is an error, by one of the three names above."""


@dataclass(frozen=True)
class Magnitudes:
    """Errors against magnitudes, both relative to the output's scale.

    By name of the error: `counts` (magnitude bins, error bins) int64, and `largest` (magnitude
    bins,) float64, 0 where there is none. Elements without an error and elements that are not
    finite are not counted. Anything outside of the decades shown counts in the outermost bin.
    """

    counts: Mapping[str, Array]
    largest: Mapping[str, Array]


@dataclass(frozen=True)
class Positions:
    """The largest error over all axes but two, relative to the output's scale.

    `axes` are the two axes, rows first, `letters` their names in the declaration, `extent` their
    full lengths. `maps` are (rows, columns) float64 by name of the error, at most CELLS either way;
    infinite where a value is NaN or infinite on one side only. Values that are not floating differ
    by 0 or 1.
    """

    axes: tuple[int, int]
    letters: tuple[str, str]
    extent: tuple[int, int]
    maps: Mapping[str, Array]


@dataclass(frozen=True)
class Detail:
    """Errors of one output; `magnitudes` is None unless it is floating."""

    magnitudes: Magnitudes | None
    positions: Positions


def gather(
    traces: FourRuns[Trace], outputs: Sequence[OutputResult], axes: Mapping[str, str]
) -> dict[str, Detail]:
    """Return details of the most informative outputs, by name; `axes` as in `Pair.axes`.

    These are the first failing outputs whose sides have the same shape and dtype or, if all pass,
    the one nearest to its bounds.
    """
    found = {}
    arrays = traces.map(Trace.named)
    for output in _most_informative(outputs):
        errors = _errors(arrays, output.name)
        scale = output.scale or _scale(arrays.reference32[output.name])
        focus = BETWEEN64 if _fails_in_float64(output, errors) else CANDIDATE32
        floating = errors[CANDIDATE32][0].dtype.kind == "f"
        found[output.name] = Detail(
            _magnitudes(errors, scale) if floating and scale else None,
            _positions(errors, scale or 1.0, _letters(output, axes), errors[focus]),
        )
    return found


def _most_informative(outputs: Sequence[OutputResult]) -> list[OutputResult]:
    comparable = [
        output
        for output in outputs
        if output.ref_shape is not None
        and output.ref_shape == output.cand_shape
        and output.ref_dtype == output.cand_dtype
        and 0 not in output.ref_shape
    ]
    failing = [output for output in comparable if not output.verdict.passes]
    if failing:
        return failing[:OUTPUTS]
    passing = [output for output in comparable if output.verdict is Verdict.EQUIVALENT]
    margins = [(found.worse, output) for output in passing if (found := margin(output))]
    return [max(margins, key=lambda pair: pair[0])[1]] if margins else []


def _fails_in_float64(output: OutputResult, errors: Errors) -> bool:
    return output.verdict is Verdict.DIFFERENT and BETWEEN64 in errors


def _letters(output: OutputResult, axes: Mapping[str, str]) -> list[str]:
    """Return a name for each axis of the arrays, empty for one that `_flat` added."""
    count = len(output.ref_shape or ())
    letters = axes.get(output.name, "").split()
    if len(letters) != count:
        letters = [f"axis {axis}" for axis in range(count)]
    return [""] * (2 - count) + letters


def _errors(arrays: FourRuns[Arrays], name: str) -> Errors:
    """Return the differences from float64, or that of the two float32 runs if there is none."""
    ref32, cand32 = _flat(arrays.reference32[name]), _flat(arrays.candidate32[name])
    doubles = [
        _flat(run[name])
        for run in (arrays.reference64, arrays.candidate64)
        if run is not None and name in run
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
    """Return the array with two axes at least: a scalar as (1, 1), a vector as one row."""
    return array.reshape((1,) * (2 - array.ndim) + array.shape)


def _scale(reference: Array) -> float:
    return magnitude(reference) if reference.dtype.kind == "f" else 1.0


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield indices that cut an array into blocks of at most _BLOCK elements, with all axes."""
    tails = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    split = next(axis for axis, tail in enumerate(tails) if tail <= _BLOCK)
    step = max(1, _BLOCK // tails[split])
    for outer in np.ndindex(shape[:split]):
        for start in range(0, shape[split], step):
            stop = min(start + step, shape[split])
            yield (*(slice(i, i + 1) for i in outer), slice(start, stop))


def _gap(one: Array, other: Array) -> Array:
    """Return |one - other| in float64; infinite where one side alone is not finite, 0 for both."""
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
    for block in _blocks(truth.shape):
        true = np.abs(truth[block], dtype=np.float64)
        for name, (one, other) in errors.items():
            error = _gap(one[block], other[block]) / scale
            seen = (error > 0) & np.isfinite(error) & np.isfinite(true)
            column, error = _bin(true[seen] / scale, MAGNITUDES), error[seen]
            flat = column * rows + _bin(error, ERRORS)
            counts[name] += np.bincount(flat, minlength=columns * rows).reshape(columns, rows)
            np.maximum.at(largest[name], column, error)
    return Magnitudes(counts, largest)


def _positions(
    errors: Errors, scale: float, letters: list[str], focus: tuple[Array, Array]
) -> Positions:
    """Return maps over the two axes along which the error in focus is most concentrated."""
    axes = _most_concentrated(*focus)
    extent = (focus[0].shape[axes[0]], focus[0].shape[axes[1]])
    maps = {
        name: _map(one, other, axes, extent) / scale
        for name, (one, other) in errors.items()
        if name != REFERENCE32
    }
    return Positions(axes, (letters[axes[0]], letters[axes[1]]), extent, maps)


def _most_concentrated(one: Array, other: Array) -> tuple[int, int]:
    """Return the two axes along which the largest error is most concentrated, in their order."""
    profiles = [np.zeros(length) for length in one.shape]
    for block in _blocks(one.shape):
        gap = _gap(one[block], other[block])
        for axis, profile in enumerate(profiles):
            here = block[axis] if axis < len(block) else slice(None)
            over = tuple(a for a in range(gap.ndim) if a != axis)
            np.maximum(profile[here], gap.max(axis=over), out=profile[here])
    ranked = sorted(range(len(profiles)), key=lambda axis: -_concentration(profiles[axis]))
    first, second = sorted(ranked[:2])
    return first, second


def _concentration(profile: Array) -> float:
    """Return 0 for equal errors, near 1 if one position has them all; -1 if there is only one."""
    if profile.size == 1:
        return -1.0
    finite = np.nan_to_num(profile, posinf=np.finfo(np.float64).max / profile.size)
    largest = finite.max()
    return float(1 - (finite / largest).mean()) if largest > 0 else 0.0


def _map(one: Array, other: Array, axes: tuple[int, int], extent: tuple[int, int]) -> Array:
    cells = [np.arange(n) * min(n, CELLS) // n for n in extent]
    found = np.zeros((min(extent[0], CELLS), min(extent[1], CELLS)))
    over = tuple(axis for axis in range(one.ndim) if axis not in axes)
    for block in _blocks(one.shape):
        gap = _gap(one[block], other[block]).max(axis=over)
        row, column = (
            cell[block[axis] if axis < len(block) else slice(None)]
            for cell, axis in zip(cells, axes, strict=True)
        )
        np.maximum.at(found, (row[:, None], column[None, :]), gap)
    return found
