"""Tables read by their tabix index: as htslib reads them, and without its crashes."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pysam
import pytest

from converters.errors import InputError
from pt_gmvp.tables.tabix import DamagedError, TabixTable, ends_whole

NAMES = ("1", "chr2", "X")


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """A table of three chromosomes over many blocks, with several rows at a position."""
    random = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("tabix") / "t.tsv.gz"
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(b"#chrom\tpos\tvalue\n")
        for name, count in zip(NAMES, (9_000, 1, 4_000), strict=True):
            for pos in np.sort(random.integers(1, 3_000_000, count)).tolist():
                file.write(f"{name}\t{pos}\t{random.integers(1 << 60)}\n".encode())
    pysam.tabix_index(
        str(path), seq_col=0, start_col=1, end_col=1, meta_char="#", index=f"{path}.tbi"
    )
    return path


def _open(path: Path) -> TabixTable:
    return TabixTable(path, Path(f"{path}.tbi"))


def test_every_range_is_read_as_htslib_reads_it(table):
    random = np.random.default_rng(1)
    ours, theirs = _open(table), pysam.TabixFile(str(table))
    assert ours.chromosomes == list(theirs.contigs)
    for _ in range(150):
        name = NAMES[random.integers(3)]
        first = int(random.integers(1, 3_100_000))
        last = first + int(random.choice([0, 10, 5_000, 400_000]))
        assert list(ours.lines(name, first, last)) == list(theirs.fetch(name, first - 1, last))
    for name in NAMES:
        assert list(ours.lines(name, 1, 1 << 29)) == list(theirs.fetch(name))
    assert list(ours.lines("none", 1, 9)) == list(ours.lines("1", 9, 1)) == []


def test_a_file_ends_with_an_empty_block(table, tmp_path):
    assert ends_whole(table)
    (tmp_path / "cut").write_bytes(table.read_bytes()[:-1])
    assert not ends_whole(tmp_path / "cut")


@pytest.mark.parametrize("damaged", ["index", "table"])
def test_a_flipped_byte_is_an_error_or_harmless(table, tmp_path, damaged):
    """Every block has a checksum, so no row is ever another, or missing."""
    random = np.random.default_rng(2)
    path = tmp_path / "t.tsv.gz"
    whole = {"table": table.read_bytes(), "index": Path(f"{table}.tbi").read_bytes()}
    expected = list(_open(table).lines("1", 100_000, 900_000))
    refused = 0
    for _ in range(150):
        content = {name: bytearray(data) for name, data in whole.items()}
        if random.integers(5) == 0:
            del content[damaged][int(random.integers(len(whole[damaged]))) :]
        else:
            at = int(random.integers(len(whole[damaged])))
            content[damaged][at] ^= 1 << int(random.integers(8))
        path.write_bytes(content["table"])
        Path(f"{path}.tbi").write_bytes(content["index"])
        try:
            found = list(_open(path).lines("1", 100_000, 900_000))
        except InputError:
            refused += 1
            continue
        assert found == expected
    assert refused > 20


def _index(**changed) -> bytes:
    """An index of one chromosome with one bin and one interval, with some numbers changed."""
    part: dict[str, Any] = {
        "magic": b"TBI\1", "count": 1, "kind": 0, "sequence": 1, "begin": 2, "names": b"1\0",
        "names_size": 2, "bins": 1, "bin": 4681, "chunks": 1, "chunk": (0, 5), "intervals": 1,
        "offset": 0, "rest": b"",
    } | changed  # fmt: skip
    head = (part["count"], part["kind"], part["sequence"], part["begin"], 2, 35, 0)
    return (
        part["magic"]
        + struct.pack("<8i", *head, part["names_size"])
        + part["names"]
        + struct.pack("<iIi", part["bins"], part["bin"], part["chunks"])
        + struct.pack("<2Q", *part["chunk"])
        + struct.pack("<iQ", part["intervals"], part["offset"])
        + part["rest"]
    )


def _write_index(path: Path, data: bytes) -> None:
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(data)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"magic": b"BAI\1"}, "it is not a tabix index"),
        ({"begin": 3}, "it is of a table with other columns"),
        ({"kind": 2}, "it is of a table with other columns"),
        ({"count": -1}, "it has 1 names of -1 chromosomes"),
        ({"names_size": 1 << 30}, "its names are longer than it is"),
        ({"names_size": -5}, "its names are longer than it is"),
        ({"bins": 1 << 30}, "it has 1073741824 bins"),
        ({"bins": -1}, "it has -1 bins"),
        ({"bin": 1 << 31}, "its bin 2147483648 is impossible"),
        ({"chunks": 1 << 30}, "its bin 4681 is impossible"),
        ({"chunks": -1}, "its bin 4681 is impossible"),
        ({"chunk": (9, 5)}, "it points beyond the table"),
        ({"chunk": (0, 1 << 63)}, "it points beyond the table"),
        ({"intervals": 1 << 30}, "it has 1073741824 intervals"),
        ({"offset": 1 << 63}, "it points beyond the table"),
        ({"rest": b"more"}, "4 bytes are left over"),
    ],
)
def test_an_index_of_impossible_numbers_is_refused(table, tmp_path, changed, why):
    path = tmp_path / "t.tbi"
    _write_index(path, _index())
    TabixTable(table, path)
    _write_index(path, _index(**changed))
    with pytest.raises(InputError) as caught:
        TabixTable(table, path)
    assert str(caught.value).startswith(f"{path}: is not an index of t.tsv.gz ({why}); make it")


def test_an_index_that_points_into_nothing_is_told_when_it_is_used(table, tmp_path):
    path = tmp_path / "t.tbi"
    _write_index(path, _index(chunk=(7 << 16, 9 << 16)))
    with pytest.raises(DamagedError, match="it is not compressed by bgzip"):
        list(TabixTable(table, path).lines("1", 1, 9))
    _write_index(path, _index(chunk=(0xFFFF, 0xFFFF_FFFF)))
    with pytest.raises((DamagedError, InputError)):
        list(TabixTable(table, path).lines("1", 1, 9))


def test_an_index_that_expands_without_end_is_refused(table, tmp_path, monkeypatch):
    monkeypatch.setattr("pt_gmvp.tables.tabix._LARGEST_INDEX", 1 << 20)
    _write_index(tmp_path / "t.tbi", bytes(1 << 22))
    with pytest.raises(InputError, match="expands to more than 1 MiB"):
        TabixTable(table, tmp_path / "t.tbi")
    (tmp_path / "t.tbi").write_bytes(gzip.compress(_index()))
    with pytest.raises(InputError, match="it is not compressed by bgzip"):
        TabixTable(table, tmp_path / "t.tbi")


def test_pieces_hold_the_lines_of_a_range(table):
    ours = _open(table)
    for first, last in ((1, 10), (5_000, 900_000), (1, 1 << 29)):
        lines = [line for piece in ours.pieces("1", first, last) for line in piece.split(b"\n")]
        assert b"" in lines  # each piece ends with a line's end
        text = [line.decode() for line in lines if line.startswith(b"1\t")]
        wanted = list(ours.lines("1", first, last))
        inside = [line for line in text if first <= int(line.split("\t")[1]) <= last]
        assert inside == wanted
    assert not list(ours.pieces("none", 1, 9))
    assert not list(ours.pieces("1", 9, 1))
