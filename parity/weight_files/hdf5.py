"""Weights in HDF5: of Keras 2 (by layers, in order), and of Keras 3 (by path).

Only arrays and their names are read. The configuration of a model is not, and files that an HDF5
file links to are not opened.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from parity.arrays import Array
from parity.errors import InputError, UnavailableError
from parity.weight_files.contents import StoredArray, WeightFile

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MEMBER = "model.weights.h5"
_TOP_LEVEL = "top_level_model_weights"
_NOT_WEIGHTS = ("optimizer", "metrics", "_metrics", "_compile_metrics")
_DEEPEST = 64


def read_hdf5(path: Path, content: BinaryIO | None = None) -> WeightFile:
    """Read the weights of a file, or of its `content` if that lies inside another file.

    Raises InputError if it is damaged or holds no weights of Keras.
    """
    with _opened(path, content) as file:
        root = _keras2_root(file)
        if root is not None:
            return WeightFile(path, "Keras 2 HDF5", tuple(_layers(path, root)))
        arrays = [stored for stored in _walk(path, file, ()) if not _is_state(stored.name)]
        if not any("vars" in stored.name.split("/") for stored in arrays):
            raise InputError(
                f"{path} is HDF5, but contains no weights of Keras (neither 'layer_names' nor "
                "'vars'); expected a file of save_weights or save"
            )
    return WeightFile(path, "Keras 3 weights", tuple(arrays))


def read_keras_archive(path: Path) -> WeightFile:
    """Read the weights of a .keras file; raise InputError if it is damaged or holds none."""
    try:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(MEMBER)
    except KeyError as error:
        raise InputError(
            f"{path} is an archive without {MEMBER}; expected a .keras file"
        ) from error
    except Exception as error:  # zipfile and zlib raise all kinds of errors for damaged archives
        raise _damaged(path, "a .keras archive", error) from error
    return read_hdf5(path, io.BytesIO(content))


@contextmanager
def _opened(path: Path, content: BinaryIO | None) -> Iterator[Any]:
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise UnavailableError(
            f"h5py is not installed, and reading {path} needs it; install it with: pip install h5py"
        ) from error
    try:
        with h5py.File(content or path, "r") as file:
            yield file
    except InputError:
        raise
    except Exception as error:  # h5py raises all kinds of errors for damaged files
        raise _damaged(path, "HDF5", error) from error


def _damaged(path: Path, what: str, error: Exception) -> InputError:
    detail = " ".join(str(error).split()) or type(error).__name__
    return InputError(f"{path} cannot be read as {what}; damaged or truncated? ({detail:.160})")


def _keras2_root(file: Any) -> Any:
    if _names(file, "layer_names") is not None:
        return file
    inner = file.get("model_weights") if "model_weights" in file else None
    return inner if inner is not None and _names(inner, "layer_names") is not None else None


def _layers(path: Path, root: Any) -> Iterator[StoredArray]:
    layers = list(_names(root, "layer_names") or ())
    if _TOP_LEVEL in root:
        layers.append(_TOP_LEVEL)
    for layer in layers:
        group = _inside(path, root, layer)
        for name in _names(group, "weight_names") or ():
            yield StoredArray(name, _values(path, _inside(path, group, name)), layer)


def _walk(path: Path, group: Any, parts: tuple[str, ...]) -> Iterator[StoredArray]:
    """Yield the arrays of Keras 3, those of one layer in the layer's order."""
    if len(parts) > _DEEPEST:
        raise InputError(f"{path}: {group.name} is nested too deep; damaged?")
    for name in sorted(group, key=_natural):
        item = _inside(path, group, name)
        full = (*parts, name)
        if hasattr(item, "shape"):
            layer = "/".join(parts[:-1] if parts[-1:] == ("vars",) else parts)
            yield StoredArray("/".join(full), _values(path, item), layer)
        else:
            yield from _walk(path, item, full)


def _natural(name: str) -> list[tuple[int, str]]:
    parts = [part for part in re.split(r"(\d+)", name) if part]
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _is_state(name: str) -> bool:
    parts = name.split("/")
    return parts[0] in _NOT_WEIGHTS or "seed_generator" in parts


def _inside(path: Path, owner: Any, name: str) -> Any:
    """Return what an owner holds under a name, but never from another file."""
    import h5py

    item = owner
    for part in name.split("/"):
        link = item.get(part, getlink=True) if isinstance(item, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            raise InputError(
                f"{path}: {owner.name.rstrip('/')}/{name} is not in the file; damaged?"
            )
        item = item[part]
    return item


def _values(path: Path, item: Any) -> Array:
    if item.is_virtual or item.external or item.shape is None:
        raise InputError(f"{path}: the values of {item.name} are not in the file")
    return np.asarray(item[()])


def _names(owner: Any, name: str) -> list[str] | None:
    """Return a list of names; Keras splits one that is too long into `name0`, `name1` and so on."""
    pieces = [owner.attrs[name]] if name in owner.attrs else []
    while f"{name}{len(pieces)}" in owner.attrs:
        pieces.append(owner.attrs[f"{name}{len(pieces)}"])
    if not pieces:
        return None
    listed = [item for piece in pieces for item in np.atleast_1d(piece).tolist()]
    return [item.decode() if isinstance(item, bytes) else str(item) for item in listed]
