"""Inputs of both models: as the user writes them, and as the reference declares them."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from parity.declaring.model_inputs import MEANINGS, AxisOrder, Input, Meaning, read_records
from parity.errors import ParityError

_DTYPES = ("float32", "int32", "int64", "bool")
_ORDERS: dict[str, AxisOrder] = {
    "same": "same",
    "channels-first": "channels first",
    "time-first": "time first",
}
# Meanings of which the values are integers unless a dtype is given.
_WHOLE = ("ids", "range")
_NAMED = re.compile(r"(?:(?P<name>\w+)=)?(?P<rest>.*)", re.DOTALL)
_SHAPE = re.compile(r"\d+(?:x\d+)*")
_NUMBER = r"-?\d+(?:\.\d+)?"
_BETWEEN = re.compile(rf"(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})")
_EXPECTED = (
    "expected [NAME=]SHAPE[:DTYPE][:MEANING][:BELOW] with the batch first, for instance 4x16, "
    "words=4x6:int64:30 for integers from 0 to 29, x=4x8:0..1 for numbers between the two, "
    f"mask=4x6:mask (or ids, {', '.join(MEANINGS[1:])}), or @records.npy"
)


def parse_input(text: str) -> tuple[str | None, Input]:
    """Parse one --input: its name, if it has one, and the shape and dtype of one record.

    Raises ParityError if it is not of the form, or of a dtype that cannot be drawn.
    """
    match = _NAMED.fullmatch(text)
    assert match is not None
    name, rest = match["name"], match["rest"]
    if rest.startswith("@"):
        return name, from_file(rest[1:])
    shape, *parts = rest.split(":")
    if not _SHAPE.fullmatch(shape):
        raise ParityError(f"--input {text}: {_EXPECTED}")
    given: dict[str, Any] = {}
    for part in parts:
        for key, value in _parsed(part, text).items():
            if key in given:
                raise ParityError(f"--input {text}: {_EXPECTED}")
            given[key] = value
    meaning: Any = given.get("meaning", "")
    dtype = given.get("dtype", "int64" if meaning in _WHOLE else "float32")
    kind, below = np.dtype(dtype).kind, given.get("below", 0)
    if "below" in given and (kind != "i" or below < 1):
        raise ParityError(
            f"--input {text}: only integers have a bound, which must be at least 1; they are drawn "
            "from 0 up to but not including it"
        )
    sizes = tuple(int(size) for size in shape.split("x"))[1:]
    if meaning == "boxes" and sizes[-1:] != (4,):
        raise ParityError(f"--input {text}: boxes have 4 numbers along their last axis")
    if meaning in MEANINGS and not sizes:
        raise ParityError(f"--input {text}: a record has no axis for '{meaning}'")
    plain: Meaning = "" if meaning == "ids" else meaning
    return name, Input(sizes, dtype, below, plain, given.get("between"))


def given_batch(given: Sequence[str]) -> int | None:
    """Return the number of records that all --input state; None if none states any.

    Raises ParityError if two state different numbers.
    """
    shapes = [text.partition("=")[2] or text for text in given]
    found = {int(match[0]) for shape in shapes if (match := re.match(r"\d+", shape))}
    if len(found) > 1:
        raise ParityError(
            f"the inputs have different numbers of records, {' and '.join(map(str, sorted(found)))}"
            "; the first number of every --input is that of the records, as in 4x16"
        )
    return found.pop() if found else None


def _parsed(part: str, text: str) -> dict[str, Any]:
    between = _BETWEEN.fullmatch(part)
    if between is not None:
        low, high = float(between["low"]), float(between["high"])
        if low > high:
            raise ParityError(f"--input {text}: {low:g} is above {high:g}")
        return {"between": (low, high)}
    if part.isdecimal():
        return {"below": int(part)}
    if part in (*MEANINGS, "ids"):
        return {"meaning": part}
    if part not in _DTYPES:
        known = ", ".join((*_DTYPES, "ids", *MEANINGS))
        raise ParityError(
            f"--input {text}: dtype '{part}'; known dtypes and meanings: {known}"
            if part
            else f"--input {text}: {_EXPECTED}"
        )
    return {"dtype": part}


def from_file(path: str) -> Input:
    """Return the input whose records a .npy file holds.

    Raises ParityError if it cannot be read.
    """
    found = read_records(path)
    dtype = {"f": "float32", "b": "bool"}.get(found.dtype.kind, "int64")
    whole = dtype == "int64" and found.size > 0
    return Input(found.shape[1:], dtype, int(found.max()) + 1 if whole else 0, file=path)


def parse_layout(text: str) -> tuple[str | None, AxisOrder]:
    """Parse one --layout: the input's name, None for all, and the order of the candidate's axes.

    Raises ParityError if it is not of the form.
    """
    name, _, order = text.rpartition("=")
    if order not in _ORDERS:
        raise ParityError(f"--layout {text}: expected [NAME=]ORDER; orders: {', '.join(_ORDERS)}")
    return name or None, _ORDERS[order]


def declared_input(name: str, shape: tuple[int | None, ...], dtype: str) -> Input:
    """Return an input as the reference declares it.

    Raises ParityError if more of its shape than the batch is left open.
    """
    if None in shape[1:]:
        open_ = "x".join("?" if size is None else str(size) for size in shape[1:])
        example = "x".join("8" if size is None else str(size) for size in shape[1:])
        raise ParityError(
            f"the reference's input '{name}' has the open shape {open_}; "
            f"give a concrete one, as in --input {name}=4x{example}:{dtype}"
        )
    return Input(tuple(size for size in shape[1:] if size is not None), dtype, 0)


def with_meaning_of_name(name: str, given: Input) -> Input:
    """Draw an input as a mask if it is named so and nothing else was said about its values."""
    said = given.below or given.meaning or given.between or given.file
    masked = name.lower().endswith("mask") and given.dtype != "bool" and given.shape
    return replace(given, meaning="mask") if masked and not said else given


def with_bound(given: Input, below: int) -> Input:
    """Bound an integer input that has no bound of its own."""
    if np.dtype(given.dtype).kind != "i" or given.below or given.between:
        return given
    return replace(given, below=below)


def relative_file(given: Input, output: Path) -> Input:
    """Return the input with its file named relative to the folder of the output."""
    if not given.file:
        return given
    path = os.path.relpath(Path(given.file).absolute(), output.absolute().parent)
    return replace(given, file=Path(path).as_posix())
