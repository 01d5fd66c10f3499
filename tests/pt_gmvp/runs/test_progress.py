import io
import re
import sys

import pytest

from pt_gmvp.runs import progress
from pt_gmvp.runs.progress import LineReporter, Reporter, Speed, report_training, show_progress

EPOCH = {"epoch": 2, "training_loss": 0.5, "loss": 0.25, "auroc": float("nan")}


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tell(report):
    report.begin(2, 10, 20)
    for _ in range(5):
        report.step(0.4321, 1e-3, 64)
    report.end(EPOCH)
    report.say("that [is] all")


def test_lines_where_there_is_no_terminal(monkeypatch, capsys):
    now = 0.0

    def later():
        nonlocal now
        now += 7
        return now

    monkeypatch.setattr(progress, "monotonic", later)
    with report_training(True) as report:
        assert isinstance(report, LineReporter)
        tell(report)
    said = capsys.readouterr()
    assert said.out == ""
    step, epoch, rest = said.err.splitlines()
    assert step.startswith("epoch 2  step 14 of 20  loss 0.4321  rate 1.00e-03  ")
    assert step.endswith(" left")
    assert "samples/s" in step
    assert epoch == "epoch 2  training loss 0.5000  validation loss 0.2500  AUROC nan"
    assert rest == "that [is] all"


def test_a_bar_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    with report_training(True) as report:
        tell(report)
        report.begin(3, 0, 20)
        report.step(0.4321, 1e-3, 64)
    shown = terminal.getvalue()
    for part in (
        "epoch 2",
        "epoch 3",
        " 1/20",
        "loss 0.4321  rate 1.00e-03",
        "samples/s",
        "that [is] all",
    ):
        assert part in shown


def test_only_the_first_process_reports(capsys):
    with report_training(False) as report:
        assert type(report) is Reporter
        tell(report)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (86_461, "24:01:01")]
)
def test_the_time_left_is_in_hours(monkeypatch, seconds, text):
    monkeypatch.setattr(progress, "monotonic", iter([10.0, 11.0]).__next__)
    assert Speed().time_left(1, seconds) == f"{text} left"


@pytest.mark.parametrize(
    ("total", "line"),
    [
        (1000, r"scoring  250 of 1,000 residues  [\d,]+ residues/s  \d:\d\d:\d\d left\n"),
        (None, r"scoring  250 residues  [\d,]+ residues/s\n"),
    ],
)
def test_lines_have_rate_and_time_left(capsys, monkeypatch, total, line):
    monkeypatch.setattr(progress, "_PAUSE", 0)
    with show_progress("scoring", total) as advance:
        advance(250)
    captured = capsys.readouterr()
    assert re.fullmatch(line, captured.err)
    assert captured.out == ""


def test_lines_are_far_apart(capsys):
    with show_progress("scoring", 1000) as advance:
        advance(250)
    assert capsys.readouterr().err == ""


def test_processes_beside_the_first_say_nothing(capsys, monkeypatch):
    monkeypatch.setattr(progress, "_PAUSE", 0)
    with show_progress("scoring", 1000, shown=False) as advance:
        advance(250)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("total", [1000, None])
def test_a_count_has_a_bar_on_a_terminal(monkeypatch, total):
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with show_progress("writing", total) as advance:
        advance(250)
        advance(250)
    assert re.search(r"writing.*500/", shown.getvalue())
    assert "residues/s" in shown.getvalue()
