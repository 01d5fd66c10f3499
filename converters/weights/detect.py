"""Recognition of a weight file's format, by content and never by extension."""

from pathlib import Path

from converters.errors import WeightsError
from converters.weights.sources import Source

_HDF5 = b"\x89HDF\r\n\x1a\n"
_ZIP = b"PK\x03\x04"
KNOWN = (
    "a Keras 2 .h5 file, a Keras 3 .weights.h5 or .keras file, a TensorFlow checkpoint's prefix or"
    " folder, a SavedModel folder, or a folder with model.safetensors and config.json"
)


def is_model_dir(path: Path) -> bool:
    """Return whether a path is a model folder of the port, with model.safetensors."""
    return (path / "model.safetensors").is_file()


def read_source(path: str | Path) -> Source:
    """Read weights in any supported format of TensorFlow or Keras.

    Raises:
        WeightsError: an unknown format, or a damaged file.
        FileNotFoundError: nothing at this path.
        OSError: a file cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        return _read_folder(path)
    if not path.exists():
        if not Path(f"{path}.index").is_file():
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return _read_checkpoint(path)
    with open(path, "rb") as file:
        start = file.read(8)
    if start[:4] == _ZIP or start == _HDF5 or _is_hdf5(path):
        from converters.weights.probe import try_elsewhere

        try_elsewhere(path)
        return read_hdf5_or_archive(path)
    if path.suffix == ".index" or Path(f"{path}.index").is_file():
        return _read_checkpoint(path)
    size = path.stat().st_size
    held = f"starts with {start!r}" if size else "is empty"
    raise WeightsError(f"{path}: {held}, not a weight file; expected {KNOWN}")


def _read_folder(path: Path) -> Source:
    holds_index = (path / "checkpoint").is_file() or any(path.glob("*.index"))
    if holds_index or (path / "variables" / "variables.index").is_file():
        return _read_checkpoint(path)
    held = ", ".join(sorted(item.name for item in path.iterdir())[:5]) or "nothing"
    raise WeightsError(f"{path}: the folder contains {held:.120}; expected {KNOWN}")


def _read_checkpoint(path: Path) -> Source:
    from converters.weights.tf_checkpoint import read_tf_checkpoint

    return read_tf_checkpoint(path)


def _is_hdf5(path: Path) -> bool:
    import h5py

    return bool(h5py.is_hdf5(path))


def read_hdf5_or_archive(path: Path) -> Source:
    """Read Keras weights from HDF5, plain or inside a .keras archive, within this process.

    Raises:
        WeightsError: as `read_source`; but a damaged file may crash the HDF5 library.
    """
    from converters.weights.hdf5 import open_hdf5
    from converters.weights.keras_archive import (
        holds_keras3,
        read_keras_archive,
        read_keras_weights,
    )
    from converters.weights.keras_h5 import read_keras_h5, weights_root

    with open(path, "rb") as plain:
        zipped = plain.read(4) == _ZIP
    if zipped:
        return read_keras_archive(path)
    with open_hdf5(path) as file:
        keras3 = weights_root(file) is None and holds_keras3(file)
    return read_keras_weights(path) if keras3 else read_keras_h5(path)
