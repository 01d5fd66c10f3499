"""Recognition of a weight file by its content, never by its name."""

from pathlib import Path

from parity.arrays import Arrays
from parity.errors import InputError
from parity.weight_files.contents import StoredArray, WeightFile
from parity.weight_files.hdf5 import MEMBER, SIGNATURE, read_hdf5, read_keras_archive
from parity.weight_files.named_arrays import read_npz, read_safetensors

KNOWN = (
    "a .h5 file of Keras 2, .weights.h5 or .keras of Keras 3, a checkpoint of TensorFlow, .npz or "
    ".safetensors"
)
_ZIP = b"PK\x03\x04"
_PICKLE = b"\x80"


def read(path: Path) -> WeightFile:
    """Read a weight file that needs no framework.

    Raises InputError if it is missing, damaged, or of another format.
    """
    start = _start(path)
    if start == SIGNATURE:
        return read_hdf5(path)
    if start[:4] == _ZIP:
        held = _members(path)
        if MEMBER in held:
            return read_keras_archive(path)
        if not is_torch_file(path):
            return _named(path, read_npz(path))
    elif start[:1] == b"{" or start[7:8] == b"\0":
        return _named(path, read_safetensors(path))
    if is_torch_file(path):
        raise InputError(f"{path} is a file of torch.save; expected {KNOWN}")
    said = f"starts with {start!r}" if start else "is empty"
    raise InputError(f"{path} {said}, which is no weight file; expected {KNOWN}")


def is_torch_file(path: Path) -> bool:
    """Return whether a file was written by torch.save, or is another pickle."""
    start = _start(path)
    if start[:4] == _ZIP:
        return any(name.endswith("data.pkl") for name in _members(path))
    return start[:1] == _PICKLE


def is_checkpoint(path: Path) -> bool:
    """Return whether a path is a checkpoint of TensorFlow: a prefix, .index file, or folder."""
    if path.is_dir():
        return (path / "variables" / "variables.index").is_file() or any(path.glob("*.index"))
    return path.suffix == ".index" or Path(f"{path}.index").is_file()


def _named(path: Path, arrays: Arrays) -> WeightFile:
    stored = tuple(StoredArray(name, array) for name, array in arrays.items())
    return WeightFile(path, "named arrays", stored)


def _start(path: Path) -> bytes:
    if path.is_dir():
        held = ", ".join(sorted(item.name for item in path.iterdir())[:5]) or "nothing"
        raise InputError(f"{path} is a folder that contains {held:.120}; expected {KNOWN}")
    try:
        with open(path, "rb") as file:
            return file.read(8)
    except FileNotFoundError as error:
        raise InputError(f"no file {path}; expected {KNOWN}") from error


def _members(path: Path) -> list[str]:
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(path) as archive:
            return archive.namelist()
    except (BadZipFile, OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read; damaged or truncated? ({error})") from error
