"""Tests of pt_gmvp/tables/source.py."""

import gzip
from pathlib import Path

import pytest

from converters.errors import InputError
from pt_gmvp.tables.database import quote_text
from pt_gmvp.tables.source import open_source


def test_kinds_are_told_by_their_first_bytes(tmp_path):
    import duckdb

    text = "#var\tgMVP\r\nT_1_M_A\t0.5\r\n"
    path = tmp_path / "it's [a] {table}"
    for kind in ("tsv", "gzip", "parquet"):
        if kind == "parquet":
            duckdb.sql(
                "COPY (SELECT 'T_1_M_A' AS var, '0.5' AS gMVP)"
                f" TO {quote_text(path)} (FORMAT parquet)"
            )
        else:
            data = b"\xef\xbb\xbf" + text.encode()
            path.write_bytes(gzip.compress(data) if kind == "gzip" else data)
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
