"""Tests of pt_gmvp/tables/source.py."""

import gzip
from pathlib import Path

import pytest
import zstandard

from converters.errors import InputError
from converters.variants import lines
from pt_gmvp.tables.database import quote_text
from pt_gmvp.tables.source import open_source, refuse_blank


def test_kinds_are_told_by_their_first_bytes(tmp_path):
    import duckdb

    text = "#var\tgMVP\r\nT_1_M_A\t0.5\r\n"
    path = tmp_path / "it's [a] {table}"
    for kind in ("tsv", "gzip", "zstd", "parquet"):
        if kind == "parquet":
            duckdb.sql(
                "COPY (SELECT 'T_1_M_A' AS var, '0.5' AS gMVP)"
                f" TO {quote_text(path)} (FORMAT parquet)"
            )
        else:
            data = b"\xef\xbb\xbf" + text.encode()
            packed = {"tsv": data, "gzip": gzip.compress(data), "zstd": zstandard.compress(data)}
            path.write_bytes(packed[kind])
        source = open_source(path, ("var", "gMVP"), "table of scores")
        assert (source.kind, source.columns) == (kind, ("var", "gMVP"))
        assert duckdb.sql(f"FROM {source.relation}").fetchall() == [("T_1_M_A", "0.5")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty; expected a header line"),
        (b"\n", "is empty; expected a header line"),
        (b"var\n", "no column gMVP; expected a table of scores with var, gMVP, separated"),
        (
            b"var,gMVP\n",
            "no column var; expected a table of scores with var, gMVP, separated",
        ),
        (b"var\tgMVP\t\n", "a column has no name"),
        (b"var\tgMVP\tgMVP\n", "two columns are named gMVP"),
        (b"\xff\xfe\n", "the first line is not text"),
        (b"\x1f\x8b\x08", "not a complete gzip file"),
        (b"PAR1", "not a complete parquet file"),
    ],
)
def test_what_is_no_table(tmp_path, data, said):
    (tmp_path / "t").write_bytes(data)
    with pytest.raises(InputError) as raised:
        open_source(tmp_path / "t", ("var", "gMVP"), "table of scores")
    assert str(raised.value).startswith(f"{tmp_path / 't'}: {said}")
    assert "\n" not in str(raised.value)


def test_devices_are_no_tables():
    with pytest.raises(InputError, match="/dev/null: expected a file on disk, as a table is read"):
        open_source(Path("/dev/null"))
    with pytest.raises(FileNotFoundError):
        open_source(Path("none"))


@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.compress])
def test_a_table_of_empty_lines_is_refused(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(lines, "MOST_EMPTY", 5000)
    path = tmp_path / "t"
    path.write_bytes(packed(b"var\tgMVP\n" + b"\n" * 5000))
    refuse_blank(open_source(path))
    for blank in (b"\n", b"\t\n"):
        path.write_bytes(packed(b"var\tgMVP\n" + blank * 5001))
        with pytest.raises(
            InputError, match="t: contains more than 5,000 empty lines and comments, the limit"
        ):
            refuse_blank(open_source(path))


def test_only_the_beginning_of_a_large_table_is_searched_for_empty_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "MOST_EMPTY", 5000)
    monkeypatch.setattr("pt_gmvp.tables.source.LONGEST", 1 << 20)
    path = tmp_path / "t"
    path.write_bytes(b"var\tgMVP\n" * (1 << 18) + b"\n" * 5001)
    refuse_blank(open_source(path))
