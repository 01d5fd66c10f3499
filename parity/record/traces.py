"""File of one case's traces: the reference's runs in float32 and, if available, in float64.

Arrays are named "<dtype>/<kind>/<name>". The header holds the rest of each `Trace`, and the order
of its names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from parity import storage
from parity.arrays import Array, Arrays
from parity.declaring.trace import Trace
from parity.errors import InputError, ParityError, describe

_KINDS = ("outputs", "gradients")
_TEXT = "SU"


def save(path: Path, traces: Mapping[str, Trace]) -> None:
    """Write the traces of one case, by dtype.

    Raises ParityError if the file format has no dtype for an array.
    """
    arrays: Arrays = {}
    header: dict[str, Any] = {}
    for dtype, trace in traces.items():
        header[dtype] = {
            "framework": trace.framework,
            "version": trace.version,
            "parameter_shapes": {k: list(v) for k, v in trace.parameter_shapes.items()},
            "held_as": dict(trace.stored_dtypes),
            "changed": list(trace.changed),
        }
        for kind in _KINDS:
            named: Arrays = getattr(trace, kind)
            header[dtype][kind] = {name: array.dtype.str for name, array in named.items()}
            arrays |= {f"{dtype}/{kind}/{name}": _stored(name, a) for name, a in named.items()}
    storage.save(path, arrays, header)


def _stored(name: str, array: Array) -> Array:
    if array.dtype.kind in _TEXT:
        # The file format supports only numbers: texts are stored as bytes, along one more axis.
        width = array.dtype.itemsize
        return np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(*array.shape, width)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise ParityError(f"output '{name}' is {array.dtype}, which cannot be recorded")
    return array


def load(path: Path, dtype: str, gradients: bool = True) -> Trace:
    """Read the trace of one dtype, with or without its gradients.

    Raises InputError if the file is damaged or holds no such trace.
    """
    arrays, header = storage.load(path, f"{dtype}/" if gradients else f"{dtype}/outputs/")
    try:
        about = header[dtype]
        found = {
            kind: {
                name: _restored(arrays[f"{dtype}/{kind}/{name}"], str(kept))
                for name, kept in about[kind].items()
            }
            for kind in (_KINDS if gradients else _KINDS[:1])
        }
        shapes = {str(k): tuple(map(int, v)) for k, v in about["parameter_shapes"].items()}
        return Trace(
            str(about["framework"]),
            str(about["version"]),
            dtype,
            parameter_shapes=shapes,
            stored_dtypes={str(k): str(v) for k, v in about["held_as"].items()},
            changed=tuple(map(str, about["changed"])),
            outputs=found["outputs"],
            gradients=found.get("gradients", {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} contains no trace in {dtype}: {describe(error)}") from error


def _restored(array: Array, kept: str) -> Array:
    dtype = np.dtype(kept)
    if dtype.kind in _TEXT:
        return np.ascontiguousarray(array).reshape(-1).view(dtype).reshape(array.shape[:-1])
    if array.dtype != dtype:
        raise ValueError(f"an array is {array.dtype}, but the header says {dtype}")
    return array
