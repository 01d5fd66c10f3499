"""How far it is: a line now and then where there is no terminal, a bar where there is one."""

import io
import re
import sys

import pytest

from pt_gmvp.scoring import progress
from pt_gmvp.scoring.progress import following


@pytest.mark.parametrize(
    ("total", "line"),
    [
        (1000, r"scoring  250 of 1,000 residues  [\d,]+ residues/s  \d:\d\d:\d\d left\n"),
        (None, r"scoring  250 residues  [\d,]+ residues/s\n"),
    ],
)
def test_lines_have_rate_and_time_left(capsys, monkeypatch, total, line):
    monkeypatch.setattr(progress, "_PAUSE", 0)
    with following("scoring", total) as advance:
        advance(250)
    captured = capsys.readouterr()
    assert re.fullmatch(line, captured.err)
    assert captured.out == ""


def test_lines_are_far_apart(capsys):
    with following("scoring", 1000) as advance:
        advance(250)
    assert capsys.readouterr().err == ""


def test_processes_beside_the_first_say_nothing(capsys, monkeypatch):
    monkeypatch.setattr(progress, "_PAUSE", 0)
    with following("scoring", 1000, shown=False) as advance:
        advance(250)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("total", [1000, None])
def test_a_terminal_has_a_bar(monkeypatch, total):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with following("writing", total) as advance:
        advance(250)
        advance(250)
    assert re.search(r"writing.*500/", shown.getvalue())
    assert "residues/s" in shown.getvalue()
