"""Tables that are read, whatever they are; and Ctrl-C while the engine is imported."""

import gzip
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from converters.errors import InputError
from pt_gmvp.tables.source import fault, named, open_source, quoted


def test_kinds_are_told_by_their_first_bytes(tmp_path):
    import duckdb

    text = "#var\tgMVP\r\nT_1_M_A\t0.5\r\n"
    path = tmp_path / "it's [a] {table}"
    for kind in ("tsv", "gzip", "parquet"):
        if kind == "parquet":
            duckdb.sql(
                f"COPY (SELECT 'T_1_M_A' AS var, '0.5' AS gMVP) TO {quoted(path)} (FORMAT parquet)"
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
        (b"var\n", "no column gMVP; expected a table of scores with var, gMVP, tabs between "),
        (b"var,gMVP\n", "no column var; expected a table of scores with var, gMVP, tabs between"),
        (b"var\tgMVP\t\n", "a column has no name"),
        (b"var\tgMVP\tgMVP\n", "two columns are named gMVP"),
        (b"\xff\xfe\n", "the first line is no text"),
        (b"\x1f\x8b\x08", "not a whole gzip file"),
        (b"PAR1", "not a whole parquet file"),
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


def test_names_in_sql():
    import duckdb

    names = ['a"b', "it's", "x y"]
    columns = ", ".join(f"{n} AS {named(name)}" for n, name in enumerate(names))
    assert duckdb.sql(f"SELECT {columns}").columns == names
    assert duckdb.sql(f"SELECT {quoted(names[1])}").fetchall() == [("it's",)]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("CSV Error on Line: 3\nExpected Number of Columns: 2 Found: 3", "line 3: 3 columns; the "),
        ("CSV Error on Line: 3\nInvalid unicode", "line 3: holds bytes that are no text"),
        ("IO Error: Unexpected end of GZIP stream: t.gz", "not a whole gzip file; copy it anew"),
        ("Something else\nand more", "Something else"),
    ],
)
def test_the_engine_s_errors_are_one_line(said, line):
    assert fault(Exception(said)).startswith(line)
    assert "\n" not in fault(Exception(said))


def test_ctrl_c_amid_the_import_of_the_engine_waits_for_its_end():
    code = """
import builtins, os, signal
from pt_gmvp.tables import source
found = builtins.__import__
def interrupted(name, *given, **more):
    if name.startswith("duckdb.") or name == "_duckdb":
        os.kill(os.getpid(), signal.SIGINT)
    return found(name, *given, **more)
builtins.__import__ = interrupted
try:
    source.load_engine()
except KeyboardInterrupt:
    import duckdb
    print(duckdb.sql("SELECT 7").fetchall())
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(7,)]\nTrue\n", "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
