"""Progress of long commands where there is no terminal."""

import time

from rich.console import Console

from parity.report.progress import waiting


def test_short_work_writes_nothing(capsys):
    with waiting(Console(force_terminal=False), "building") as show:
        show("searching")
    assert capsys.readouterr() == ("", "")


def test_a_long_step_writes_what_it_is_doing_now_and_then(capsys):
    with waiting(Console(force_terminal=False), "building", seconds=0.01) as show:
        show("3 of 9: conv default")
        time.sleep(0.2)
    out, err = capsys.readouterr()
    assert out == ""
    assert "s: 3 of 9: conv default\n" in err
    assert err.count("\n") > 1


def test_lines_end_with_the_work(capsys):
    with waiting(Console(force_terminal=False), "building", seconds=0.01):
        pass
    capsys.readouterr()
    time.sleep(0.05)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_status_line_instead(capsys):
    with waiting(Console(force_terminal=True), "building", seconds=0.01) as show:
        show("searching")
        time.sleep(0.2)
    out, err = capsys.readouterr()
    assert "searching" in out
    assert err == ""
