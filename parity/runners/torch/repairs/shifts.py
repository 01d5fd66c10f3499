"""Positions along an axis: shifted, reversed, counted from elsewhere, or in another layout."""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

_IMAGE = 4


def reversed_or_not(bound: Bound) -> Alternatives:
    """Return the call without its reversal, or along each other axis."""
    x, again = bound["input"], bound["again"]
    dims = bound["dims"]
    dims = [dims] if isinstance(dims, int) else list(dims)
    found: Alternatives = {"left out": Alternative(None, lambda: x, Edit(function="{input}"))}
    if len(dims) == 1:
        for axis in range(x.ndim):
            if axis != dims[0] % x.ndim:
                found[f"along axis {axis} of {x.ndim}"] = Alternative(
                    23, partial(again, dims=[axis]), with_arguments(dims=str(axis))
                )
                both = sorted((axis, dims[0] % x.ndim))
                found[f"along axes {both[0]} and {both[1]} of {x.ndim}"] = Alternative(
                    None, partial(again, dims=both), with_arguments(dims=f"({both[0]}, {both[1]})")
                )
    return found


def rolled_otherwise(bound: Bound) -> Alternatives:
    """Return the numbers moved the other way, or not at all."""
    x, shifts = bound["input"], bound["shifts"]
    found: Alternatives = {"left out": Alternative(None, lambda: x, Edit(function="{input}"))}
    if isinstance(shifts, int):
        found["the other way"] = Alternative(
            None, partial(bound["again"], shifts=-shifts), with_arguments(shifts=str(-shifts))
        )
    return found


def shifted_with_zeros(bound: Bound) -> Alternatives:
    """Return the numbers moved along an axis, with zeros where others would wrap around."""
    x, shift, axis = bound["input"], bound["shifts"], bound.get("dims")
    if not isinstance(shift, int) or not isinstance(axis, int) or not shift:
        return {}
    axis, kept = axis % x.ndim, x.shape[axis % x.ndim] - abs(shift)
    part = x.narrow(axis, 0 if shift > 0 else -shift, kept)
    pair = (shift, 0) if shift > 0 else (0, -shift)
    sizes = (*[0] * (2 * (x.ndim - 1 - axis)), *pair)
    colons = "..., " if axis == x.ndim - 1 else ":, " * axis
    index = f":{-shift}" if shift > 0 else f"{-shift}:"
    text = f"torch.nn.functional.pad({{input}}[{colons}{index}], {sizes})"
    do = partial(torch.nn.functional.pad, part, sizes)
    return {"with zeros for what wraps around": Alternative(None, do, Edit(function=text))}


def counted_otherwise(bound: Bound) -> Alternatives:
    """Return numbers counted from one instead of zero, from zero instead of one, or backwards."""
    again = bound["again"]
    return {
        "with one added": Alternative(None, lambda: again() + 1, Edit(after="{call} + 1")),
        "with one subtracted": Alternative(None, lambda: again() - 1, Edit(after="{call} - 1")),
        "with two added": Alternative(None, lambda: again() + 2, Edit(after="{call} + 2")),
        "with two subtracted": Alternative(None, lambda: again() - 2, Edit(after="{call} - 2")),
        "backwards": Alternative(None, lambda: again().flip(0), Edit(after="{call}.flip(0)")),
    }


def another_window(bound: Bound) -> Alternatives:
    """Return a window that is periodic, as TensorFlow's is by default, or symmetric."""
    periodic = bound.get("periodic", True)
    name = "symmetric" if periodic else "periodic"
    edit = with_arguments(periodic=str(not periodic))
    return {name: Alternative(None, partial(bound["again"], periodic=not periodic), edit)}


def last_of_both_directions(bound: Bound) -> Alternatives:
    """Return the last step of each direction: of the second half of the features, the first.

    The last step of a bidirectional layer's outputs has run backwards over a single step.
    """
    x, index = bound["input"], bound["index"]
    if not isinstance(x, Tensor) or x.ndim != 3 or x.shape[-1] % 2:
        return {}
    if not isinstance(index, tuple) or index[:2] != (slice(None), -1):
        return {}
    half = x.shape[-1] // 2

    def do() -> Tensor:
        return torch.cat([x[:, -1, :half], x[:, 0, half:]], -1)

    edit = Edit(function=f"torch.cat([{{input}}[:, -1, :{half}], {{input}}[:, 0, {half}:]], -1)")
    return {"with the second half of the features at the first step": Alternative(None, do, edit)}


def another_part(bound: Bound) -> Alternatives:
    """Return the last place along an axis for the first, the first for the last, a part moved."""
    x, index = bound["input"], bound["index"]
    parts = list(index) if isinstance(index, tuple) else [index]
    found: Alternatives = {}
    if not isinstance(x, Tensor) or any(isinstance(part, Tensor) for part in parts):
        return {}
    for place, part in enumerate(parts):
        for other, text in _others(part):
            changed: list[Any] = [*parts[:place], other, *parts[place + 1 :]]
            key = tuple(changed) if isinstance(index, tuple) else other
            do = partial(x.__getitem__, key)
            found[f"[{text}] at place {place + 1}"] = Alternative(
                None, do, Edit(indices=((place, text),))
            )
    return found


def cropped_elsewhere(bound: Bound) -> Alternatives:
    """Return a crop of the same size from the centre, from the start, or from the end."""
    x, index = bound["input"], bound["index"]
    parts = list(index) if isinstance(index, tuple) else [index]
    crops = [_cropped(part) for part in parts]
    if not isinstance(x, Tensor) or not any(crops):
        return {}
    found: Alternatives = {}
    for name, front in (("the centre", 0.5), ("the start", 0.0), ("the end", 1.0)):
        changed, texts = list(parts), []
        for place, crop in enumerate(crops):
            before = int(crop * front)
            if crop:
                stop = before - crop
                changed[place] = slice(before or None, stop or None)
                texts.append((place, f"{before or ''}:{stop or ''}"))
        if changed != parts and max(crops) > 1:
            key = tuple(changed) if isinstance(index, tuple) else changed[0]
            found[f"cropped at {name}"] = Alternative(
                None, partial(x.__getitem__, key), Edit(indices=tuple(texts))
            )
    return found


def _cropped(part: Any) -> int:
    """Return how many places a slice leaves out on both sides; 0 for anything else."""
    if not isinstance(part, slice) or part.step not in (None, 1):
        return 0
    start, stop = part.start or 0, part.stop or 0
    numbers = isinstance(start, int) and isinstance(stop, int)
    return start - stop if numbers and start >= 0 >= stop else 0


def _others(part: Any) -> list[tuple[Any, str]]:
    if isinstance(part, int) and not isinstance(part, bool) and part in (0, -1):
        return [(-1, "-1")] if part == 0 else [(0, "0")]
    if part == slice(1, None):
        return [(slice(None, -1), ":-1")]
    if part == slice(None, -1):
        return [(slice(1, None), "1:")]
    if isinstance(part, slice) and part.step and part.step > 1 and part.start in (None, 0, 1):
        start = 0 if part.start else 1
        return [(slice(start, part.stop, part.step), f"{start}::{part.step}")]
    return []


def with_channels_reversed(bound: Bound) -> Alternatives:
    """Return a convolution of three channels in reverse order, RGB for BGR."""
    x = bound["input"]
    if x.ndim < _IMAGE or x.shape[1] != 3:
        return {}
    do = partial(bound["again"], input=x.flip(1))
    return {"with its channels reversed": Alternative(None, do, Edit(before="{input}.flip(1)"))}


def with_groups_interleaved(bound: Bound) -> Alternatives:
    """Return a convolution in groups, whose channels are in the order of the multiplier."""
    groups = bound.get("groups", 1)
    made: Tensor = bound["again"]()
    if groups < 2 or made.shape[1] % groups or made.shape[1] == groups:
        return {}
    return {
        "with the channels of its groups interleaved": Alternative(
            None,
            lambda: _turned(bound["again"](), groups),
            Edit(after=f"{{call}}.unflatten(1, ({groups}, -1)).transpose(1, 2).flatten(1, 2)"),
        )
    }


def _turned(x: Tensor, count: int) -> Tensor:
    batch, _, *sizes = x.shape
    return x.reshape(batch, count, -1, *sizes).transpose(1, 2).flatten(1, 2)


def blocks_otherwise(bound: Bound) -> Alternatives:
    """Return depth and space exchanged with the places of a block before its channels.

    TensorFlow's space_to_depth has the place within the block first, PyTorch the channel.
    """
    kind, x = bound["kind"], bound["input"]
    size = bound["upscale_factor" if kind == "pixel_shuffle" else "downscale_factor"]
    again, count = bound["again"], size**2
    name = "with the places of a block before its channels"
    if kind == "pixel_unshuffle":
        channels = x.shape[1]
        edit = Edit(after=f"{{call}}.unflatten(1, ({channels}, -1)).transpose(1, 2).flatten(1, 2)")
        return {name: Alternative(None, lambda: _turned(again(), channels), edit)}
    edit = Edit(before=f"{{input}}.unflatten(1, ({count}, -1)).transpose(1, 2).flatten(1, 2)")
    return {name: Alternative(None, lambda: again(input=_turned(x, count)), edit)}


def repeated_otherwise(bound: Bound) -> Alternatives:
    """Return each element repeated in its place, instead of the whole one after the other."""
    x, repeats = bound["input"], bound["repeats"]
    sizes = [repeats] if isinstance(repeats, int) else list(repeats)
    large = [axis for axis, size in enumerate(sizes) if size > 1]
    if len(sizes) != x.ndim or len(large) != 1:
        return {}
    axis, size = large[0], sizes[large[0]]
    edit = Edit(function=f"{{input}}.repeat_interleave({size}, {axis})")
    do = partial(torch.repeat_interleave, x, size, axis)
    return {"element by element": Alternative(None, do, edit)}


def repeated_as_a_whole(bound: Bound) -> Alternatives:
    """Return all elements one after the other, repeated, instead of each in its place."""
    x, count, axis = bound["input"], bound["repeats"], bound.get("dim")
    if not isinstance(count, int) or (axis is None and x.ndim != 1):
        return {}
    sizes = [1] * x.ndim
    sizes[axis or 0] = count
    edit = Edit(function=f"{{input}}.repeat({', '.join(map(str, sizes))})")
    return {"one after the other": Alternative(None, partial(x.repeat, sizes), edit)}
