"""Inputs and outputs of a whole model: how inputs are drawn, and how the candidate has both."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.input_files import RecordShape, read_inputs
from parity.declaring.inputs import InputSet, generator
from parity.errors import ParityError

AxisOrder = Literal["same", "channels first", "time first"]
"""How the axes of a candidate's tensor are ordered, compared with the reference's."""
Meaning = Literal["", "mask", "boxes", "one-hot", "range"]
MEANINGS = get_args(Meaning)[1:]
# From this bound on, integers are taken for the numbers of words, residues and the like.
_VOCABULARY = 8
# Padding needs an axis beside that of the records.
_SEQUENCES = 2


# Numbers of all inputs of a run beyond which there are fewer records.
_LARGE = 2**16


@dataclass(frozen=True)
class Input:
    """One input of a model: the shape of one record, without the batch axis, and its dtype.

    Floating inputs are drawn from a normal distribution, integers from 0 to `below` - 1. Where that
    is a vocabulary (`below` of 8 or more), records are in turn as drawn, rich in the first and last
    numbers, which mostly have a meaning of their own, and such with a tail of zeros or of ones, as
    padding has.

    Args:
        shape: of one record.
        dtype: of the array; floating ones are cast to the dtype of the run.
        below: the bound of integers.
        meaning: draws other values. "mask": ones and zeros along the last axis, of any length
            from 1, in turn padded behind, unpadded and padded in front. "boxes": x0, y0, x1, y1
            along the last axis, with x0 <= x1 and y0 <= y1, floating ones from 0 to 1. "one-hot":
            a single one along the last axis. "range": 0, 1, 2 along the last axis.
        between: draws uniformly from the first to the second number, both included for integers.
        file: a .npy file with records to use, again from the first if there are too few.
        order: the order of the candidate's axes, if not the reference's.
        exempt_gradient: why gradients by this input are not compared; "" if they are.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    below: int = 2
    meaning: Meaning = ""
    between: tuple[float, float] | None = None
    file: str = ""
    order: AxisOrder = "same"
    exempt_gradient: str = ""


@dataclass(frozen=True)
class Output:
    """An output that the candidate has under another name, or with its axes in another order."""

    candidate: str
    order: AxisOrder = "same"


def fewer_if_large(inputs: Mapping[str, Input], usual: int) -> int:
    """Return how many records to draw: fewer than usual, but at least two, where each is large.

    A large record shows as much as several small ones, and takes as long. Masks need several, as
    each is padded otherwise.
    """
    if any(given.meaning == "mask" or given.file for given in inputs.values()):
        return usual
    size = sum(math.prod(given.shape) for given in inputs.values())
    return max(min(usual, 2), min(usual, _LARGE // max(size, 1)))


def draw_inputs(inputs: Mapping[str, Input], seed: int, count: int) -> Arrays:
    """Draw `count` records of each input, seeded by its name and `seed`.

    Raises ParityError if an input's file cannot be read, or holds other records.
    """
    return {name: _drawn(name, given, seed, count) for name, given in inputs.items()}


def input_loader(
    inputs: Mapping[str, Input], batch: int | None
) -> Callable[[str | None, int, int], InputSet]:
    """Return how a port loads its inputs: drawn, or the arrays that a user names.

    With a `batch`, every run takes that number of records.
    """
    expected = {name: RecordShape(given.shape, given.dtype) for name, given in inputs.items()}

    def load(source: str | None, seed: int, count: int) -> InputSet:
        if source is not None and source != "random":
            return read_inputs(source, expected, batch or count, exactly=batch)
        note = f"every run takes {batch}" if batch not in (None, count) else ""
        return InputSet("drawn", draw_inputs(inputs, seed, batch or count), note)

    return load


def _drawn(name: str, given: Input, seed: int, count: int) -> Array:
    if given.file:
        return _from_file(name, given, count)
    random, shape = generator(name, seed), (count, *given.shape)
    kind = np.dtype(given.dtype).kind
    if given.meaning:
        return _with_meaning(given, random, shape)
    if given.between is not None:
        low, high = given.between
        if kind in "iu":
            return random.integers(int(low), int(high) + 1, shape).astype(given.dtype)
        return random.uniform(low, high, shape).astype(given.dtype)
    if kind in "iu":
        return _identifiers(random, given.below, shape).astype(given.dtype)
    if kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    return random.standard_normal(shape).astype("float32")


def _with_meaning(given: Input, random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    last = shape[-1]
    if given.meaning == "mask":
        return _mask(random, shape).astype(given.dtype)
    if given.meaning == "range":
        return np.broadcast_to(np.arange(last), shape).astype(given.dtype)
    if given.meaning == "one-hot":
        return np.eye(last)[random.integers(0, last, shape[:-1])].astype(given.dtype)
    if np.dtype(given.dtype).kind == "f":
        drawn: Array = random.uniform(0, 1, shape)
    else:
        drawn = random.integers(0, given.below, shape)
    corners = np.sort(drawn.reshape(*shape[:-1], 2, 2), axis=-2)
    return corners.reshape(shape).astype(given.dtype)


def _identifiers(random: np.random.Generator, below: int, shape: tuple[int, ...]) -> Array:
    """Return integers below a bound; those of a vocabulary with padding and special numbers.

    A model may treat one number of many by itself, and two of them in one record together, such as
    a mask and the padding. Uniform draws would hardly show that.
    """
    drawn: Array = random.integers(0, below, shape)
    if below < _VOCABULARY or len(shape) < _SEQUENCES:
        return drawn
    special = random.choice(np.array([0, 1, 2, 3, below - 2, below - 1]), shape)
    rich = np.where(random.random(shape) < 0.5, special, drawn)
    last = shape[-1]
    kept = random.integers(1, max(2, last), shape[:-1])[..., None]
    turn = (np.arange(shape[0]) % 4).reshape(-1, *(1,) * (len(shape) - 1))
    padded = np.where(np.arange(last) < kept, rich, turn - 2)
    return np.where(turn == 0, drawn, np.where(turn == 1, rich, padded))


def _mask(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return a mask whose records are in turn padded behind, unpadded, and padded in front."""
    last = shape[-1]
    kept = random.integers(1, max(2, last), shape[:-1])[..., None]
    turn = (np.arange(shape[0]) % 3).reshape(-1, *(1,) * (len(shape) - 1))
    place = np.arange(last)
    behind, front = place < kept, place >= last - kept
    return np.where(turn == 0, behind, np.where(turn == 1, np.ones_like(behind), front))


def _from_file(name: str, given: Input, count: int) -> Array:
    found = read_records(given.file)
    if found.shape[1:] != given.shape or not len(found):
        raise ParityError(
            f"input '{name}': {given.file} holds an array {found.shape}; expected one or more "
            f"records of {given.shape}"
        )
    return np.resize(found, (count, *given.shape)).astype(given.dtype)


def read_records(path: str) -> Array:
    """Read an array of records from a .npy file.

    Raises ParityError if it cannot be read; nothing in it is executed.
    """
    try:
        found = np.load(Path(path), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ParityError(
            f"{path} cannot be read as a .npy file of numbers: {error}; write one with numpy.save"
        ) from error
    if not isinstance(found, np.ndarray) or not found.ndim or found.dtype.kind not in "fiub":
        raise ParityError(f"{path} does not hold one array of numbers; write it with numpy.save")
    return found
