"""Parts put together: the same bytes however they are cut, and by however many processes."""

import gzip
import os
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.scoring import merging
from pt_gmvp.scoring.formatting import HEADER, substitutions
from pt_gmvp.scoring.merging import chunks, merge, residues
from pt_gmvp.scoring.outputs import Output
from pt_gmvp.scoring.parts import Part, PartWriter, find_parts

LENGTHS = (9, 1, 300, 40, 2)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Parts in two files, in the order of the output."""
    random, folder = np.random.default_rng(3), tmp_path_factory.mktemp("parts")
    for numbers in ((3, 0, 4), (2, 1)):
        writer = PartWriter(folder)
        for number in numbers:
            length = LENGTHS[number]
            scores = random.random((length, 20), np.float32)
            codes = random.integers(0, 21, length).astype(np.uint8)
            writer.write(f"T{number}", (0, 0), codes, scores)
        writer.close()
    return sorted(find_parts(folder), key=lambda part: part.name)


@pytest.fixture(scope="module")
def expected(parts):
    found = (substitutions(part.name, 0, *part.read(0, part.length)) for part in parts)
    return HEADER + b"".join(found)


def merged(parts, path):
    done = []
    merge(parts, Output(str(path)), done.append)
    assert sum(done) == sum(LENGTHS)
    return path.read_bytes()


@pytest.mark.parametrize("chunk", [1, 7, 300, 10_000])
def test_however_it_is_cut(parts, expected, tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(merging, "CHUNK", chunk)
    assert merged(parts, tmp_path / "o.tsv") == expected
    assert gzip.decompress(merged(parts, tmp_path / "o.tsv.gz")) == expected


def test_by_several_processes_the_same_bytes(parts, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "CHUNK", 50)
    alone = [merged(parts, tmp_path / name) for name in ("o.tsv", "o.tsv.gz")]
    monkeypatch.setattr(merging, "_WORTH_A_POOL", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1})
    assert [merged(parts, tmp_path / name) for name in ("p.tsv", "p.tsv.gz")] == alone
    assert alone[0] == expected


def test_as_parquet_the_same_rows(parts, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "CHUNK", 50)
    path = tmp_path / "it's.parquet"
    once = merged(parts, path)
    rows = duckdb.read_parquet(str(path)).fetchall()
    assert "".join(f"{name}\t{score!r}\n" for name, score in rows) == expected.decode()[9:]
    assert merged(parts, path) == once
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@given(lengths=st.lists(st.integers(1, 30_000), max_size=12))
def test_chunks_are_of_one_size_and_in_order(lengths):
    dtype = np.dtype(np.float32)
    parts = [Part(f"T{n}", (0, 0), Path(), 0, length, dtype) for n, length in enumerate(lengths)]
    found = list(chunks(parts))
    assert all(residues(chunk) == merging.CHUNK for chunk in found[:-1])
    slices = [piece for chunk in found for piece in chunk]
    for part in parts:
        mine = [(first, last) for owner, first, last in slices if owner == part]
        assert [first for first, _ in mine] == [0, *(last for _, last in mine[:-1])]
        assert mine[-1][1] == part.length
    assert [piece.part for piece in slices] == sorted(
        (piece.part for piece in slices), key=parts.index
    )
