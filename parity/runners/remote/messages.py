"""Messages between two interpreters: JSON, and the bytes of arrays behind it.

A message is the length of its JSON as eight bytes, the JSON, and the arrays' little-endian bytes in
the order in which the JSON names them, by dtype and shape. Reading one makes the few kinds of
objects that are listed here, and executes nothing else.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, BinaryIO

import numpy as np

from parity.arrays import Array
from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.constants import Constant, ConstantChanges
from parity.declaring.float32_watch import Float32Operation, Float32Watch
from parity.declaring.model_inputs import Output
from parity.declaring.model_sides import Layer
from parity.declaring.trace import Trace
from parity.errors import StructureError
from parity.runners.binding import CallSignature
from parity.runners.whole_models import LayerWeight, ModelDescription, WeightedLayer

Message = dict[str, Any]
"""Values are None, numbers, texts, arrays, collections of these, and objects of `_OBJECTS`."""
_OBJECTS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(BoundaryWatch, CallSignature, Constant, ConstantChanges, Float32Operation, Float32Watch),
        *(Layer, LayerWeight, ModelDescription, Output, Trace, WeightedLayer),
    )
}
_LENGTH = struct.Struct("<Q")
_SENT = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


def send(file: BinaryIO, message: Message) -> None:
    """Write a message.

    Raises StructureError, before anything is written, for a value that cannot be sent.
    """
    arrays: list[Array] = []
    described = json.dumps(_described(message, "", arrays)).encode()
    file.write(_LENGTH.pack(len(described)) + described)
    for array in arrays:
        file.write(np.asarray(array, array.dtype.newbyteorder("<"), order="C").tobytes())
    file.flush()


def receive(file: BinaryIO) -> Message | None:
    """Read a message; None if there is none, or if it ends early."""
    length = file.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    try:
        message: Message = _restored(json.loads(file.read(*_LENGTH.unpack(length))), file)
    except (ValueError, EOFError):
        return None
    return message


def _described(value: Any, where: str, arrays: list[Array]) -> Any:
    """Return a value as JSON: whatever is neither plain nor a list is a pair of kind and content.

    `where` is its name for errors; arrays are appended to `arrays`.
    """
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.name not in _SENT:
            raise StructureError(
                f"{where or 'a value'} is an array of {value.dtype.name}, which cannot be sent to "
                "or from another Python; expected numbers or truth values"
            )
        arrays.append(value)
        return {"array": [value.dtype.name, list(value.shape)]}
    if isinstance(value, np.generic):
        return _described(value.item(), where, arrays)
    if isinstance(value, Mapping):
        items = value.items()
        return {
            "mapping": [[_described(v, f"{k}", arrays) for v in (k, item)] for k, item in items]
        }
    if isinstance(value, (tuple, list, set, frozenset)):
        kind = next(k for k in (tuple, list, frozenset, set) if isinstance(value, k)).__name__
        return {kind: [_described(item, where, arrays) for item in value]}
    if is_dataclass(value) and type(value).__name__ in _OBJECTS:
        held = {field.name: getattr(value, field.name) for field in fields(value)}
        return {type(value).__name__: _described(held, where, arrays)}
    raise StructureError(
        f"{where or 'a value'} is of type {type(value).__name__}, which cannot be sent to or from "
        "another Python"
    )


def _restored(value: Any, file: BinaryIO) -> Any:
    """Return the value that was described, with its arrays read from the file."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "array":
        return _array(content[0], content[1], file)
    if kind == "mapping":
        # The arrays follow in this order.
        pairs = [[_restored(item, file) for item in pair] for pair in content]
        return dict(pairs)
    if kind in _OBJECTS:
        return _OBJECTS[kind](**_restored(content, file))
    collections = {"tuple": tuple, "list": list, "set": set, "frozenset": frozenset}
    return collections[kind](_restored(item, file) for item in content)


def _array(name: str, shape: list[int], file: BinaryIO) -> Array:
    dtype = np.dtype(name)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    content = file.read(size)
    if len(content) < size:
        raise EOFError
    array: Array = np.frombuffer(content, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
    return array
