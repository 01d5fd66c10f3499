"""What inputs the models take: as the user says, or as the reference says itself."""

import re

import numpy as np

from parity.declaring.models import Input
from parity.errors import ParityError

_DTYPES = ("float32", "int32", "int64", "bool")
_FORM = re.compile(
    r"(?:(?P<name>\w+)=)?(?P<shape>\d+(?:x\d+)*)(?::(?P<dtype>\w+))?(?::(?P<below>\d+))?"
)
_EXPECTED = (
    "expected [NAME=]SHAPE[:DTYPE[:BELOW]] with the batch first, for instance 4x16 or "
    "words=4x6:int64:30 for integers from 0 to 29"
)


def parsed(text: str) -> tuple[str | None, Input]:
    """One --input: the name if there is one, and the input of one record.

    Raises ParityError if it is not of the form, or of a dtype that cannot be drawn.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ParityError(f"--input {text}: {_EXPECTED}")
    dtype = match["dtype"] or "float32"
    if dtype not in _DTYPES:
        raise ParityError(f"--input {text}: dtype '{dtype}'; known: {', '.join(_DTYPES)}")
    shape = tuple(int(size) for size in match["shape"].split("x"))
    below = int(match["below"] or 0)
    if match["below"] and (np.dtype(dtype).kind != "i" or below < 1):
        raise ParityError(f"--input {text}: only integers are drawn from 0 to below a number")
    return match["name"], Input(shape[1:], dtype, below)


def declared(name: str, shape: tuple[int | None, ...], dtype: str) -> Input:
    """An input as the reference declares it; ParityError if it leaves more open than the batch."""
    if None in shape[1:]:
        open_ = "x".join("?" if size is None else str(size) for size in shape[1:])
        example = "x".join("8" if size is None else str(size) for size in shape[1:])
        raise ParityError(
            f"the reference's input '{name}' has the open shape {open_}; "
            f"say one to try: --input {name}=4x{example}:{dtype}"
        )
    return Input(tuple(size for size in shape[1:] if size is not None), dtype, 0)


def bounded(given: Input, entries: int | None) -> Input:
    """An integer input with its bound: the user's, else the entries of the smallest embedding."""
    if np.dtype(given.dtype).kind != "i" or given.below:
        return given
    return Input(given.shape, given.dtype, entries or 2)
