"""A store's index: its contents, files and their checksums."""

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
        """Return the tensors' layouts by name, in file order."""
        return {"rows": Layout("F32", (self.rows, FEATURE_COLUMNS))}


class RecordFile(NamedTuple):
    """One shard of records; `ids` is the number of bytes of all their names."""

    name: str
    bytes: int
    crc32c: str
    records: int
    windows: int
    masks: int
    ids: int

    def layouts(self, window: int) -> dict[str, Layout]:
        """Return the tensors' layouts by name, in file order; wide types first keep all aligned."""
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
    """A file that the store was made from; `left_out` regions of it were skipped."""

    name: str
    bytes: int
    crc32c: str
    records: int
    left_out: int


class Index(NamedTuple):
    """Contents of a store."""

    window: int
    records: int
    rows: int
    rows_a_file: int
    row_files: list[RowFile]
    record_files: list[RecordFile]
    sources: list[Source]


def write_index(folder: Path, index: Index) -> None:
    """Write the index; its first line is the checksum of the rest."""
    content = {
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
    rest = json.dumps(content, indent=1).encode()[2:] + b"\n"
    first = f'{{"checksum": "{google_crc32c.value(rest):08x}",\n'.encode()
    (folder / NAME).write_bytes(first + rest)


def read_index(folder: Path) -> Index:
    """Read and check a store's index.

    Raises:
        StoreError: not a store, a damaged one, or one of another version.
        OSError: it cannot be read.
    """
    path = folder / NAME
    if not folder.is_dir():
        raise StoreError(f"{folder}: is not a folder; expected a tensor store")
    if not path.is_file():
        raise StoreError(f"{folder}: contains no {NAME}; expected a tensor store")
    with open(path, "rb") as file:
        content = file.read(_LARGEST + 1)
    first = _FIRST.match(content)
    if first is None or len(content) > _LARGEST:
        raise StoreError(f"{path}: not the index of a tensor store, or damaged")
    found = f"{google_crc32c.value(content[first.end() :]):08x}"
    if found != first[1].decode():
        raise StoreError(
            f"{path}: its crc32c is {found}, but its first line says {first[1].decode()}; it is"
            " damaged: make the store again"
        )
    try:
        return _parsed(path, json.loads(content))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path}: not a readable index ({error!r:.100})") from None


def _parsed(path: Path, content: dict[str, Any]) -> Index:
    if content["format"] != FORMAT:
        raise StoreError(f"{path}: format is {content['format']!r:.50}, expected {FORMAT}")
    if content["version"] != VERSION:
        raise StoreError(
            f"{path}: format version {content['version']!r:.20}, but this program reads {VERSION};"
            " update the program or make the store again"
        )
    if content["columns"] != FEATURE_COLUMNS:
        raise StoreError(f"{path}: {content['columns']!r:.20} columns, expected {FEATURE_COLUMNS}")
    index = Index(
        content["window"],
        content["records"],
        content["rows"],
        content["rows_a_file"],
        [RowFile(**item) for item in content["row_files"]],
        [RecordFile(**item) for item in content["record_files"]],
        [Source(**item) for item in content["sources"]],
    )
    problem = _problem(index)
    if problem:
        raise StoreError(f"{path}: {problem}; the store is damaged: make it again")
    return index


def _problem(index: Index) -> str | None:
    """Return what is inconsistent within an index, or None."""
    counts: list[object] = [index.window, index.records, index.rows, index.rows_a_file]
    texts: list[object] = []
    for listing in (index.row_files, index.record_files, index.sources):
        for file in listing:
            fields = file._asdict()
            texts += [fields.pop("name"), fields.pop("crc32c")]
            counts += fields.values()
    if not all(isinstance(text, str) for text in texts):
        return "a name is not text"
    if not all(type(count) is int and 0 <= count < 1 << 40 for count in counts):
        return "a count is not a whole number"
    if index.window % 2 == 0 or index.rows_a_file < 1 or index.rows > MOST_ROWS:
        return f"window {index.window}, {index.rows_a_file} rows a file, {index.rows} rows"
    return _row_problem(index) or _record_problem(index)


def _row_problem(index: Index) -> str | None:
    left = index.rows
    for number, file in enumerate(index.row_files):
        if file.name != row_name(number) or not 0 < file.rows == min(left, index.rows_a_file):
            return f"{file.name!r:.50} with {file.rows} rows is out of order"
        left -= file.rows
    return f"{index.rows} rows are not the sum over its files" if left else None


def _record_problem(index: Index) -> str | None:
    if not index.records or index.records != sum(file.records for file in index.record_files):
        return f"{index.records} records are not the sum over its files"
    for number, file in enumerate(index.record_files):
        if file.name != record_name(number) or not file.records:
            return f"{file.name!r:.50} is out of order, or empty"
    return None


def row_name(number: int) -> str:
    """Return the file name of a shard of rows."""
    return f"rows-{number:05d}.safetensors"


def record_name(number: int) -> str:
    """Return the file name of a shard of records."""
    return f"records-{number:05d}.safetensors"
