"""Opening of stored variants, by the kind of file or folder."""

from pathlib import Path

from converters.errors import InputError
from pt_gmvp.data.records import RecordDataset
from pt_gmvp.data.source import VariantDataset


def is_store(path: Path) -> bool:
    """Return whether a path is a tensor store."""
    return (path / "index.json").is_file()


def open_stored(path: Path, share_windows: bool = False) -> tuple[str, VariantDataset]:
    """Open a tensor store, a folder of TFRecord files, or one such file.

    Args:
        path: the store, folder or file.
        share_windows: as `StoreDataset` has it; records hold a window each.

    Returns:
        "store" or "records", and the variants.

    Raises:
        InputError: a folder that holds neither, or a damaged file.
        OSError: a file cannot be read.
    """
    if is_store(path):
        # Imported when needed: records need no store.
        from pt_gmvp.data.stores import StoreDataset

        return "store", StoreDataset(path, share_windows)
    return "records", RecordDataset(files_of(path))


def files_of(path: Path) -> list[Path]:
    """Return the files of a folder of TFRecord files, sorted; a store or a file is itself.

    Raises:
        InputError: a folder that is not a store and has no such file.
    """
    if is_store(path) or not path.is_dir():
        return [path]
    files = sorted(path.glob("*tfrec"))
    if not files:
        raise InputError(f"{path}: neither a tensor store nor a folder with files *tfrec")
    return files
