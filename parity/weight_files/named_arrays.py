"""Files of named arrays: .npz, and .safetensors in one file or in shards with an index."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from parity.arrays import Arrays
from parity.errors import InputError, describe
from parity.files import written_beside
from parity.storage import saved_beside

INDEX = ".safetensors.index.json"
SHARD_BYTES = 5 * 10**9
"""Most bytes of tensors in one .safetensors file; more are written in shards with an index."""
# "pt" is what libraries of PyTorch ask for before they load a file.
_METADATA = {"format": "pt"}


def read_npz(path: Path) -> Arrays:
    """Read a .npz file; raise InputError if it is damaged or holds objects."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, BadZipFile) as error:
        raise InputError(
            f"{path} cannot be read as a .npz file of numbers: {describe(error)}; write one with "
            "numpy.savez"
        ) from error


def read_safetensors(path: Path) -> Arrays:
    """Read a .safetensors file, or the shards that an index names; raise InputError if damaged."""
    if not path.name.endswith(".json"):
        return _read_shard(path)
    try:
        shards = json.loads(path.read_text("utf-8"))["weight_map"]
        files = sorted(set(shards.values()))
        outside = [file for file in files if Path(file).name != file]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is not an index of .safetensors files") from error
    if outside:
        raise InputError(f"{path} names {outside[0]}, which is not a file beside it")
    held = {file: _read_shard(path.with_name(file)) for file in files}
    if lost := [name for name, file in shards.items() if name not in held[file]]:
        raise InputError(f"{path} names '{lost[0]}' in {shards[lost[0]]}, which does not hold it")
    return {name: held[file][name] for name, file in shards.items()}


def _read_shard(path: Path) -> Arrays:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except FileNotFoundError as error:
        raise InputError(f"no file {path}") from error
    except (SafetensorError, OSError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} cannot be read as .safetensors; damaged or truncated? ({describe(error)})"
        ) from error


def write_npz(path: Path, arrays: Arrays) -> None:
    """Write a .npz file atomically, uncompressed."""
    with written_beside(path) as beside, open(beside, "wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def write_safetensors(path: Path, arrays: Arrays, most: int = SHARD_BYTES) -> list[Path]:
    """Write a .safetensors file, or shards of at most `most` bytes and their index.

    The names of shards and index are those that Hugging Face's libraries read. All files are
    complete before the first gets its name. Returns the files, the index last. Raises OSError if
    one cannot be written.
    """
    groups = _shards(arrays, most)
    if len(groups) == 1:
        with saved_beside(path, arrays, _METADATA):
            pass
        return [path]
    count, stem = len(groups), path.name.removesuffix(".safetensors")
    names = [f"{stem}-{number:05d}-of-{count:05d}.safetensors" for number in range(1, count + 1)]
    index = path.with_name(stem + INDEX)
    total = sum(array.nbytes for array in arrays.values())
    shards = dict(zip(names, groups, strict=True))
    places = {name: file for file, group in shards.items() for name in group}
    document = {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))}
    with ExitStack() as stack:
        # Left in reverse order: the index gets its name last.
        beside = stack.enter_context(written_beside(index))
        beside.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        for file, group in shards.items():
            stack.enter_context(
                saved_beside(
                    path.with_name(file), {name: arrays[name] for name in group}, _METADATA
                )
            )
    return [*(path.with_name(file) for file in names), index]


def _shards(arrays: Arrays, most: int) -> list[Sequence[str]]:
    """Cut names into groups of at most `most` bytes, in order; a larger tensor has its own."""
    groups: list[list[str]] = [[]]
    size = 0
    for name, array in arrays.items():
        if groups[-1] and size + array.nbytes > most:
            groups.append([])
            size = 0
        groups[-1].append(name)
        size += array.nbytes
    return list(groups)
