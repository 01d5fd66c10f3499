"""Tests of pt_gmvp/tables/database.py."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from converters.errors import InputError
from pt_gmvp.tables.database import (
    connect,
    connect_on_disk,
    one_line,
    parse_memory,
    quote_name,
    quote_text,
)


def test_an_error_names_the_file_in_one_line():
    with connect(Path("t.tsv")) as connection:
        assert connection.execute("SELECT 7").fetchall() == [(7,)]
    with (
        pytest.raises(InputError, match=r"^t\.tsv: Catalog Error: [^\n]*$"),
        connect(Path("t.tsv")) as connection,
    ):
        connection.execute("FROM missing")
    with (
        pytest.raises(InputError, match=r"^t\.tsv: cannot be read$"),
        connect(Path("t.tsv"), lambda error: "cannot be read") as connection,
    ):
        connection.execute("FROM missing")


def test_an_interrupt_during_a_statement_is_ctrl_c():
    with pytest.raises(KeyboardInterrupt), connect(Path("t")):
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="other"), connect(Path("t")):
        raise RuntimeError("other")


def test_a_database_on_disk_says_what_it_lacks(tmp_path):
    import duckdb

    with connect_on_disk(tmp_path, 10**9, 1) as connection:
        connection.execute("CREATE TABLE t AS SELECT 7 AS x")
    assert (tmp_path / "tables.duckdb").exists()
    for error, kind, message in (
        (duckdb.OutOfMemoryException("x"), InputError, "give more with --memory"),
        (duckdb.IOException("IO Error: broken\nmore"), OSError, "^broken$"),
        (duckdb.BinderException("wrong"), duckdb.Error, "wrong"),
    ):
        (tmp_path / "tables.duckdb").unlink()
        with pytest.raises(kind, match=message), connect_on_disk(tmp_path, 10**9, 1):
            raise error
    full = f'No space left on device: file "{tmp_path}/s.partial/x"'
    with pytest.raises(OSError, match="No space") as raised, connect_on_disk(tmp_path, 10**9, 1):
        raise duckdb.IOException(full)
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(tmp_path))


@pytest.mark.parametrize(
    ("text", "amount"), [("2GB", 2 * 10**9), (" 800 mb", 800 * 10**6), ("1.5GiB", 3 << 29)]
)
def test_amounts_of_memory(text, amount):
    assert parse_memory(text) == amount


@pytest.mark.parametrize(
    ("text", "message"),
    [("2", "expected an amount such as 2GB"), ("GB", "expected an amount"), ("1MB", "500MB")],
)
def test_what_is_not_an_amount_of_memory(text, message):
    with pytest.raises(InputError, match=message):
        parse_memory(text)


def test_names_in_sql():
    import duckdb

    names = ['a"b', "it's", "x y"]
    columns = ", ".join(f"{n} AS {quote_name(name)}" for n, name in enumerate(names))
    assert duckdb.sql(f"SELECT {columns}").columns == names
    assert duckdb.sql(f"SELECT {quote_text(names[1])}").fetchall() == [("it's",)]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("CSV Error on Line: 3\nExpected Number of Columns: 2 Found: 3", "line 3: 3 columns; the "),
        ("CSV Error on Line: 3\nInvalid unicode", "line 3: contains bytes that are not text"),
        (
            "IO Error: Unexpected end of GZIP stream",
            "not a complete gzip file; copy it again",
        ),
        ("Something else\nand more", "Something else"),
    ],
)
def test_errors_are_one_line(said, line):
    assert one_line(Exception(said)).startswith(line)
    assert "\n" not in one_line(Exception(said))


def test_ctrl_c_amid_the_import_of_the_engine_waits_for_its_end():
    code = """
import builtins, os, signal
from pt_gmvp.tables import database
found = builtins.__import__
def interrupted(name, *given, **more):
    if name.startswith("duckdb.") or name == "_duckdb":
        os.kill(os.getpid(), signal.SIGINT)
    return found(name, *given, **more)
builtins.__import__ = interrupted
try:
    database.load_engine()
except KeyboardInterrupt:
    import duckdb
    print(duckdb.sql("SELECT 7").fetchall())
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(7,)]\nTrue\n", "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
