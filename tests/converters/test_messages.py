"""Text of files on a terminal: shown, never obeyed, and no longer than a screen."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from converters.messages import (
    LONGEST,
    SafeStream,
    one_line,
    printable,
    protect_streams,
    safe_console,
)
from converters.tables import print_rows

CLEAR = "PTEN\x1b[2J\x9b1;1H\x07"
SHOWN = r"PTEN\x1b[2J\x9b1;1H\x07"


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (CLEAR, SHOWN),
        ("a\rb\x08c\x7f", r"a\rb\x08c\x7f"),
        ("a\u202eb\u2066c\u2028d", r"a\u202eb\u2066c\u2028d"),
        ("\udc80", r"\udc80"),
        ("a\tb\n", "a\tb\n"),
        ("Ünïcode 漢字 ✓ 🧬", "Ünïcode 漢字 ✓ 🧬"),
    ],
)
def test_a_control_character_is_shown_by_its_code(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_what_is_printable_stays_and_the_rest_is_encodable(text):
    shown = printable(text)
    assert printable(shown) == shown
    assert "\x1b" not in shown
    shown.encode()
    if text.isprintable():
        assert shown == text


def test_a_message_is_one_line_that_fits_a_screen():
    message = one_line("names.tsv: " + "\n".join(map(str, range(10_000))) + "; expected fewer")
    assert "\n" not in message
    assert len(message) < LONGEST + 50
    assert message.startswith(r"names.tsv: 0\n1\n2")
    assert message.endswith("; expected fewer")
    assert one_line("short") == "short"


def test_a_stream_is_safe_whoever_prints(monkeypatch):
    plain, terminal = io.StringIO(), Terminal()
    monkeypatch.setattr(sys, "stderr", plain)
    monkeypatch.setattr(sys, "stdout", terminal)
    protect_streams()
    protect_streams()
    print("note:", CLEAR, file=sys.stderr)
    sys.stderr.writelines([CLEAR, "x" * 5000, "\n"])
    print(CLEAR)
    assert SHOWN in plain.getvalue()
    assert "\x1b" not in plain.getvalue() + terminal.getvalue()
    assert max(map(len, plain.getvalue().splitlines())) < LONGEST + 100
    assert sys.stdout.isatty()


def test_a_pipe_gets_every_byte(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stdout", pipe)
    protect_streams()
    print(CLEAR + "x" * 5000)
    assert pipe.getvalue() == CLEAR + "x" * 5000 + "\n"


def test_rich_keeps_its_colours_and_only_these(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", SafeStream(terminal, cut=True))
    monkeypatch.setenv("TERM", "xterm")
    console = safe_console(Console(stderr=True, force_terminal=True))
    console.print(CLEAR, style="red")
    said = terminal.getvalue()
    assert "\x1b[31m" in said
    assert "\x1b[2J" not in said
    assert r"\x1b" in said


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_cells_of_tables_are_safe(stream):
    out = stream()
    print_rows(("gene",), [(CLEAR,)], out)
    assert "[2J" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()
