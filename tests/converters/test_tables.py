"""Tables: plain and whole in a file, fitted to a terminal."""

import io

import pytest

from converters.tables import new_table, print_rows, print_table

COLUMNS = ("name", "shape", "expected")
ROWS = [("gru/bias", "2 x 48", "[red]"), ("w" * 300, "", "nothing of this shape")]


class Terminal(io.StringIO):
    """A stream that takes itself for a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal without colours, of 80 columns."""
    for name, value in {"TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    return Terminal()


def test_a_file_gets_every_line_whole_and_plain():
    stream = io.StringIO()
    print_rows(COLUMNS, ROWS, stream)
    lines = stream.getvalue().splitlines()
    assert [line.split() for line in lines] == [
        ["name", "shape", "expected"],
        ["gru/bias", "2", "x", "48", "[red]"],
        ["w" * 300, "nothing", "of", "this", "shape"],
    ]
    assert lines[0].index("shape") == lines[1].index("2 x 48")
    assert not any(line.endswith(" ") for line in lines)
    assert "\x1b" not in stream.getvalue()


def test_a_narrow_terminal_shows_only_the_columns_to_keep(terminal):
    print_rows(COLUMNS, ROWS, terminal, keep=1)
    head, *_ = terminal.getvalue().splitlines()
    assert head.split() == ["name"]
    assert max(map(len, terminal.getvalue().splitlines())) <= 80


def test_a_wide_enough_terminal_shows_all_columns(terminal):
    print_rows(COLUMNS, ROWS[:1], terminal, keep=1)
    assert terminal.getvalue().split()[:3] == list(COLUMNS)


def test_a_file_never_loses_columns():
    table, stream = new_table(*COLUMNS), io.StringIO()
    table.add_row(*ROWS[1])
    print_table(table, stream, keep=1)
    assert stream.getvalue().split()[:3] == list(COLUMNS)


def test_standard_output_is_the_default(capsys):
    print_rows(("a", "b"), [])
    assert capsys.readouterr().out.split() == ["a", "b"]
