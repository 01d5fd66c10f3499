"""A store's index: what the store holds, in which files, and the checksum of each."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import google_crc32c

from converters.columns import FEATURE_COLUMNS
from converters.store.tensors import Layout, StoreError

NAME, FORMAT, VERSION = "index.json", "gmvp-tensor-store", 1
_FIRST = re.compile(rb'\{"checksum": "([0-9a-f]{8})",\n')
_LARGEST = 1 << 28
MOST_ROWS = (1 << 31) - 1


class RowFile(NamedTuple):
    """One shard of rows."""

    name: str
    bytes: int
    crc32c: str
    rows: int

    def layouts(self) -> dict[str, Layout]:
        """Name the tensors, in file order."""
        return {"rows": Layout("F32", (self.rows, FEATURE_COLUMNS))}


class RecordFile(NamedTuple):
    """One shard of records, `ids` being the bytes of all their names."""

    name: str
    bytes: int
    crc32c: str
    records: int
    windows: int
    masks: int
    ids: int

    def layouts(self, window: int) -> dict[str, Layout]:
        """Name the tensors, in file order: eight-byte numbers first, so that all are aligned."""
        count = (self.records,)
        return {
            "label": Layout("I64", count),
            "ref_aa": Layout("I64", count),
            "alt_aa": Layout("I64", count),
            "var_id_offset": Layout("I64", (self.records + 1,)),
            "window": Layout("I32", count),
            "mask": Layout("I32", count),
            "windows": Layout("I32", (self.windows, window)),
            "masks": Layout("F32", (self.masks, window)),
            "labelled": Layout("U8", count),
            "var_id": Layout("U8", (self.ids,)),
        }


class Source(NamedTuple):
    """A file of which the store was made; `left_out` regions of it were passed over."""

    name: str
    bytes: int
    crc32c: str
    records: int
    left_out: int


class Index(NamedTuple):
    """What a store holds."""

    window: int
    records: int
    rows: int
    rows_a_file: int
    row_files: list[RowFile]
    record_files: list[RecordFile]
    sources: list[Source]


def write_index(folder: Path, index: Index) -> None:
    """Write the index; its first line is the checksum of all that follows it."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "window": index.window,
        "columns": FEATURE_COLUMNS,
        "records": index.records,
        "rows": index.rows,
        "rows_a_file": index.rows_a_file,
        "row_files": [file._asdict() for file in index.row_files],
        "record_files": [file._asdict() for file in index.record_files],
        "sources": [source._asdict() for source in index.sources],
    }
    rest = json.dumps(told, indent=1).encode()[2:] + b"\n"
    first = f'{{"checksum": "{google_crc32c.value(rest):08x}",\n'.encode()
    (folder / NAME).write_bytes(first + rest)


def read_index(folder: Path) -> Index:
    """Read and check a store's index.

    Raises:
        StoreError: No store, a damaged one, or one of a newer version.
        OSError: It cannot be read.
    """
    path = folder / NAME
    if not folder.is_dir():
        raise StoreError(f"{folder}: is no folder; expected a tensor store")
    if not path.is_file():
        raise StoreError(f"{folder}: holds no {NAME}; expected a tensor store")
    with open(path, "rb") as file:
        content = file.read(_LARGEST + 1)
    first = _FIRST.match(content)
    if first is None or len(content) > _LARGEST:
        raise StoreError(f"{path}: is no index of a tensor store, or it is damaged")
    found = f"{google_crc32c.value(content[first.end() :]):08x}"
    if found != first[1].decode():
        raise StoreError(
            f"{path}: its crc32c is {found}, its first line says {first[1].decode()}; it is"
            " damaged, make the store anew"
        )
    try:
        return _parsed(path, json.loads(content))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path}: is no index that can be read ({error!r:.100})") from None


def _parsed(path: Path, told: dict[str, Any]) -> Index:
    if told["format"] != FORMAT:
        raise StoreError(f"{path}: format is {told['format']!r:.50}, expected {FORMAT}")
    if told["version"] != VERSION:
        raise StoreError(
            f"{path}: version {told['version']!r:.20} of the format; this program reads {VERSION},"
            " update it or make the store anew"
        )
    if told["columns"] != FEATURE_COLUMNS:
        raise StoreError(f"{path}: {told['columns']!r:.20} columns, expected {FEATURE_COLUMNS}")
    index = Index(
        told["window"],
        told["records"],
        told["rows"],
        told["rows_a_file"],
        [RowFile(**item) for item in told["row_files"]],
        [RecordFile(**item) for item in told["record_files"]],
        [Source(**item) for item in told["sources"]],
    )
    problem = _problem(index)
    if problem:
        raise StoreError(f"{path}: {problem}; the store is damaged, make it anew")
    return index


def _problem(index: Index) -> str | None:
    """Say what does not agree within an index, if anything."""
    counts: list[object] = [index.window, index.records, index.rows, index.rows_a_file]
    texts: list[object] = []
    for listing in (index.row_files, index.record_files, index.sources):
        for file in listing:
            told = file._asdict()
            texts += [told.pop("name"), told.pop("crc32c")]
            counts += told.values()
    if not all(isinstance(text, str) for text in texts):
        return "a name is no text"
    if not all(type(count) is int and 0 <= count < 1 << 40 for count in counts):
        return "a count is no whole number"
    if index.window % 2 == 0 or index.rows_a_file < 1 or index.rows > MOST_ROWS:
        return f"window {index.window}, {index.rows_a_file} rows a file, {index.rows} rows"
    return _row_problem(index) or _record_problem(index)


def _row_problem(index: Index) -> str | None:
    left = index.rows
    for number, file in enumerate(index.row_files):
        if file.name != row_name(number) or not 0 < file.rows == min(left, index.rows_a_file):
            return f"{file.name!r:.50} holds {file.rows} rows out of turn"
        left -= file.rows
    return f"{index.rows} rows are not those of its files" if left else None


def _record_problem(index: Index) -> str | None:
    if not index.records or index.records != sum(file.records for file in index.record_files):
        return f"{index.records} records are not those of its files"
    for number, file in enumerate(index.record_files):
        if file.name != record_name(number) or not file.records:
            return f"{file.name!r:.50} is out of turn, or empty"
    return None


def row_name(number: int) -> str:
    """Name a shard of rows."""
    return f"rows-{number:05d}.safetensors"


def record_name(number: int) -> str:
    """Name a shard of records."""
    return f"records-{number:05d}.safetensors"
