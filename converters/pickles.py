"""Safe reader for the original's feature pickles, each of one numeric numpy array.

The globals that a pickle may ask for are replaced by inert stand-ins that only record their
arguments. The array is then built here from that record, so hostile bytes reach neither an import
nor numpy's own reconstruction code.
"""

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError

_PLAIN_DTYPE = re.compile(r"b1|[iu][1248]|f[248]")
_WANTED = "expected a pickle of one numeric numpy array"


class PickleRefusedError(InputError):
    """A pickle that is damaged or is not one plain numeric array."""


class _Refusal(Exception):
    """Reason to refuse a pickle; the caller adds the file's name."""


class _Inert:
    """Stand-in that a pickle may contain but not alter."""

    __slots__ = ()

    def __setstate__(self, state: object) -> None:
        raise _Refusal("it tries to modify an object of the reader")


class _Budget:
    """Bytes that the arrays of a pickle may take: it holds each of them, so no more than its own.

    Without it, a pickle of a few kilobytes could encode one text again and again.
    """

    def __init__(self, most: int) -> None:
        self._most = self._left = most

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise _Refusal(
                f"its arrays take more bytes than its own {self._most:,}: it repeats one of them"
            )


class _Function(_Inert):
    """A stand-in for one of numpy's pickling functions."""

    __slots__ = ("_answer",)
    _answer: Callable[..., object]

    def __init__(self, answer: Callable[..., object]) -> None:
        object.__setattr__(self, "_answer", answer)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise _Refusal("it tries to modify an object of the reader")

    def __call__(self, *arguments: Any) -> object:
        try:
            return self._answer(*arguments)
        except (TypeError, UnicodeError):
            raise _Refusal("its array is described in a way that numpy never writes") from None


class _DtypeNotes:
    """A dtype as the pickle describes it: kind and size first, byte order by `__setstate__`."""

    __slots__ = ("_code", "_order")

    def __init__(self, code: str, align: object = False, copy: object = False) -> None:
        if not isinstance(code, str) or not _PLAIN_DTYPE.fullmatch(code):
            raise _Refusal(f"its array has dtype {_shown(code)}, not a plain number")
        self._code = code
        self._order = "="

    def __setstate__(self, state: object) -> None:
        # (version, byte order, subarray, field names, fields, item size, alignment, flags)
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in ("<", ">", "|", "="):
            raise _Refusal("its dtype is described in a way that numpy never writes")
        if any(part is not None for part in state[2:5]):
            raise _Refusal("its array has a structured dtype, not a plain number")
        self._order = state[1]

    def build(self) -> np.dtype[Any]:
        return np.dtype(self._order + self._code)


class _ArrayNotes:
    """An array as the pickle describes it."""

    __slots__ = ("_budget", "_built")

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self._built: NDArray[Any] | None = None

    def __setstate__(self, state: object) -> None:
        # (version, shape, dtype, whether Fortran order, raw bytes); older ones lack the version
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise _Refusal("its array is described in a way that numpy never writes")
        shape, dtype, fortran, raw = state[-4:]
        self.fill(raw, dtype, shape, "F" if fortran else "C")

    def fill(self, raw: object, dtype: object, shape: object, order: object) -> "_ArrayNotes":
        if not isinstance(dtype, _DtypeNotes) or order not in ("C", "F"):
            raise _Refusal("its array is described in a way that numpy never writes")
        if not isinstance(raw, bytes | bytearray):
            raise _Refusal("its array contains Python objects, not numbers")
        if not isinstance(shape, tuple) or not all(
            type(size) is int and size >= 0 for size in shape
        ):
            raise _Refusal("its array's shape does not fit its bytes")
        kind = dtype.build()
        if len(shape) > 32 or math.prod(shape) * kind.itemsize != len(raw):
            raise _Refusal(f"its array of shape {shape} and dtype {kind} has {len(raw)} bytes")
        self._budget.take(len(raw))
        flat = np.frombuffer(raw, dtype=kind)
        self._built = flat.reshape(shape, order="F" if order == "F" else "C").copy(order="C")
        return self

    def build(self) -> NDArray[Any]:
        if self._built is None:
            raise _Refusal("its array was never filled")
        return self._built


def _shown(found: object) -> str:
    """Show a text of the pickle, or a type: the representation of nested lists may be endless."""
    return repr(found[:40]) if isinstance(found, str) else f"of type {type(found).__name__}"


def _latin1(budget: _Budget, text: str, codec: str) -> bytes:
    """Encode the text that protocols 0 to 2 write for bytes; any other codec is refused."""
    if not isinstance(text, str) or codec not in ("latin1", "latin-1"):
        raise _Refusal(f"it asks for the text codec {_shown(codec)}")
    budget.take(len(text))
    return text.encode("latin-1")


def _stand_ins(size: int) -> dict[tuple[str, str], _Inert]:
    """Return the stand-ins for the globals of a pickle of `size` bytes."""
    texts, arrays = _Budget(size), _Budget(size)
    array_class, dtype_class = _Inert(), _Function(_DtypeNotes)
    reconstruct = _Function(lambda kind, shape, code: _ArrayNotes(arrays))
    from_buffer = _Function(
        lambda raw, dtype, shape, order: _ArrayNotes(arrays).fill(raw, dtype, shape, order)
    )
    table: dict[tuple[str, str], _Inert] = {
        ("numpy", "ndarray"): array_class,
        ("numpy", "dtype"): dtype_class,
        ("_codecs", "encode"): _Function(lambda text, codec: _latin1(texts, text, codec)),
        ("__builtin__", "bytes"): _Function(lambda: b""),  # how protocol 2 writes no bytes
    }
    for core in ("numpy.core", "numpy._core"):
        table[core + ".multiarray", "_reconstruct"] = reconstruct
        table[core + ".numeric", "_frombuffer"] = from_buffer
    return table


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that replaces the few known globals by stand-ins and refuses all others."""

    def __init__(self, stream: io.BytesIO, size: int) -> None:
        super().__init__(stream)
        self._table = _stand_ins(size)

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a global that a pickled array needs; raise for any other."""
        try:
            return self._table[module, name]
        except KeyError:
            raise _Refusal(
                f"it asks for the global {module}.{name}, which an array does not need; nothing was"
                " run"
            ) from None


def load_array(path: str | Path) -> NDArray[Any]:
    """Read a pickle of one numeric numpy array, such as a transcript's feature matrix.

    Args:
        path: file with one pickle, of any protocol, written by numpy 1 or 2.

    Returns:
        The array, C-contiguous and writable, in the shape and dtype it was pickled with
        (a feature matrix: (protein length, 435) float64).

    Raises:
        PickleRefusedError: the file is damaged, or is not one array of booleans, integers or
            floats. Nothing in the file is ever run.
        OSError: the file cannot be read.
    """
    data = Path(path).read_bytes()
    stream = io.BytesIO(data)
    try:
        _check_operations(data)
        found = _ArrayUnpickler(stream, len(data)).load()
        if not isinstance(found, _ArrayNotes):
            raise _Refusal(f"it contains {_describe(found)}")
        if stream.read(1):
            raise _Refusal(
                f"there are more bytes after the array, which ends at byte {stream.tell() - 1}"
            )
        return found.build()
    except _Refusal as refusal:
        raise PickleRefusedError(f"{path}: refused: {refusal}; {_WANTED}") from None
    except Exception as error:  # the unpickler raises all kinds of errors for damaged bytes
        detail = str(error) or type(error).__name__
        raise PickleRefusedError(
            f"{path}: not a complete pickle ({detail:.120}); {_WANTED}"
        ) from None


_NEVER = {"DICT", "SETITEM", "SETITEMS", "ADDITEMS", "FROZENSET"}
"""Operations that no array needs; the hash of a tuple that nests itself has no end."""


def _check_operations(data: bytes) -> None:
    """Refuse absurd memo indices, as the unpickler allocates memory for all below, and sets."""
    for operation, argument, _ in pickletools.genops(data):
        if operation.name in _NEVER:
            raise _Refusal("it contains a dictionary or a set, which an array does not need")
        if operation.name.endswith("PUT") and isinstance(argument, int) and argument > len(data):
            raise _Refusal(f"it uses memo index {argument}, more than it has bytes")


def _describe(found: object) -> str:
    if isinstance(found, _Inert | _DtypeNotes):
        return "a piece of an array"
    return f"an object of type {type(found).__name__}"
