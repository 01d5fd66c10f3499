"""Reader for Keras 3 weights: `.weights.h5` files, and `.keras` archives that hold one.

Groups are named by attribute, or by class and a counter inside a container, and are in
alphabetical order; only the numbers within one layer's `vars` preserve an order.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from converters.errors import WeightsError
from converters.weights.hdf5 import LARGEST, Budget, find_dataset, open_hdf5, read_dataset, text
from converters.weights.sources import SetAside, Source, Tensor

_MEMBER = "model.weights.h5"
_DEEPEST = 64


def holds_keras3(file: Any) -> bool:
    """Return whether an open HDF5 file has the groups of Keras 3 weights."""
    return "vars" in file or "layers" in file or "_layer_checkpoint_dependencies" in file


def read_keras_weights(path: str | Path, content: BinaryIO | None = None) -> Source:
    """Read Keras 3 `.weights.h5` weights from `path`, or from its member with this `content`.

    Raises:
        WeightsError: the file is damaged, or is HDF5 without Keras 3 weights.
    """
    path = Path(path)
    kind = "Keras 3 archive" if content else "Keras 3 HDF5 weights"
    with open_hdf5(path, content) as file:
        if not holds_keras3(file):
            raise WeightsError(
                f"{path}: is HDF5 but contains no Keras weights (neither 'layer_names' nor 'vars');"
                " expected a file written by Keras' save_weights"
            )
        listed = list(_walk(path, file, (), set(), Budget(path)))
        found = [
            Tensor(name, read_dataset(item), layer, leaf) for name, item, layer, leaf in listed
        ]
    kept: list[Tensor] = []
    aside: list[SetAside] = []
    for tensor in found:
        reason = _aside_reason(tensor)
        if reason:
            aside.append(SetAside(tensor.name, reason))
        else:
            kept.append(tensor)
    return Source(path, kind, tuple(kept), ordered=False, named=True, set_aside=tuple(aside))


def read_keras_archive(path: str | Path) -> Source:
    """Read the weights of a `.keras` archive; its configuration is neither read nor run.

    Raises:
        WeightsError: the archive is damaged or holds no weights.
    """
    path = Path(path)
    try:
        with zipfile.ZipFile(path) as archive:
            try:
                member = archive.getinfo(_MEMBER)
            except KeyError:
                held = ", ".join(archive.namelist()[:5]) or "nothing"
                raise WeightsError(
                    f"{path}: the archive contains {held:.120}; expected {_MEMBER}, as in a .keras"
                    " file"
                ) from None
            if member.file_size > LARGEST:
                raise WeightsError(
                    f"{path}: {_MEMBER} expands to {member.file_size >> 20:,} MiB, more than the"
                    f" {LARGEST >> 20:,} MiB that weights of gMVP may take; damaged?"
                )
            with archive.open(member) as stream:
                content = stream.read(member.file_size)
    except WeightsError:
        raise
    except Exception as error:  # zipfile and zlib raise all kinds of errors for damaged archives
        detail = str(error) or type(error).__name__
        raise WeightsError(
            f"{path}: cannot be read as a .keras archive; damaged or truncated? ({detail:.160})"
        ) from None
    return read_keras_weights(path, io.BytesIO(content))


def _walk(
    path: Path, group: Any, parts: tuple[str, ...], seen: set[int], budget: Budget
) -> Iterator[tuple[str, Any, str, str]]:
    """Yield name, dataset, layer and leaf of every array."""
    address = h5py.h5o.get_info(group.id).addr
    if len(parts) > _DEEPEST or address in seen:
        raise WeightsError(f"{path}: {group.name} contains itself or is nested too deep; damaged?")
    seen.add(address)
    for name in sorted(group, key=_natural):
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise WeightsError(
                f"{path}: {group.name}/{name} is stored in another file, which is not opened"
            )
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _walk(path, item, (*parts, name), seen, budget)
            continue
        own = parts[:-1] if parts[-1:] == ("vars",) else parts
        given = text(group.attrs.get("name", "")) if own != parts else ""
        layer = "/".join(own)
        full = "/".join((*parts, name))
        item = find_dataset(path, group, name, budget)
        yield full, item, _with_given(layer, given), name


def _with_given(layer: str, given: str) -> str:
    """Append the author's name of a layer where the path in the file only counts classes."""
    automatic = re.fullmatch(r"(.*/)?layers/([a-z0-9_]+)", layer)
    if automatic and given and re.sub(r"_\d+$", "", given) != re.sub(r"_\d+$", "", automatic[2]):
        return f"{layer}/{given}"
    return layer


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return a sort key that puts dense_2 before dense_10."""
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in re.split(r"(\d+)", name)
        if part
    ]


def _aside_reason(tensor: Tensor) -> str:
    parts = tensor.layer.split("/")
    if parts[0] == "optimizer":
        return "state of the optimizer"
    if "seed_generator" in parts:
        return "state of a random generator"
    if parts[0] in ("metrics", "_compile_metrics", "_metrics"):
        return "state of a metric"
    return ""
