"""Shared fixtures: a store of the ten shipped records, and a way to change its index."""

import json

import google_crc32c
import pytest

from converters.records.variant_record import (
    read_records,
)
from converters.store.writer import write_store


@pytest.fixture
def made(tmp_path, shipped_records):
    write_store(tmp_path / "s", read_records(shipped_records))
    return tmp_path / "s"


@pytest.fixture
def reindex():
    """Return a function that changes an index and gives it the right checksum."""
    return _reindex


def _reindex(folder, change):
    content = json.loads((folder / "index.json").read_bytes())
    change(content)
    del content["checksum"]
    rest = json.dumps(content).encode()[1:]
    first = f'{{"checksum": "{google_crc32c.value(rest):08x}",\n'.encode()
    (folder / "index.json").write_bytes(first + rest)
