import io

import pytest

from pt_gmvp.runs import progress
from pt_gmvp.runs.progress import Lines, Silent, clock, reporting

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
    with reporting(True) as report:
        assert isinstance(report, Lines)
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
    with reporting(True) as report:
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
    with reporting(False) as report:
        assert type(report) is Silent
        tell(report)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (86_461, "24:01:01")]
)
def test_times_are_told_in_hours(seconds, text):
    assert clock(seconds) == text
