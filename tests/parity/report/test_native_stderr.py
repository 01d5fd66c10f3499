"""Lines of native libraries carry the case that they belong to."""

import subprocess
import sys

PROGRAM = """
import os, sys
from parity.report.native_stderr import labelled_stderr

with labelled_stderr("importing") as relabel:
    os.write(2, b"before\\n")
    relabel("conv default")
    print("python's own", file=sys.stderr)
    os.write(2, b"SLASWP: parameter 4\\nwithout an end")
    relabel("dense default")
    {end}
os.write(2, b"after\\n")
"""


def stderr(end):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(end=end)], capture_output=True, text=True, timeout=60
    )
    return run.stderr.splitlines()


def test_a_line_carries_the_label_of_its_time_and_pythons_own_carries_none():
    assert sorted(stderr("pass")[:-1]) == [
        "[conv default] SLASWP: parameter 4",
        "[conv default] without an end",
        "[importing] before",
        "python's own",
    ]
    assert stderr("pass")[-1] == "after"


def test_what_a_library_says_before_it_aborts_is_not_lost():
    found = stderr("os.write(2, b'check failed'); os.abort()")
    assert "[dense default] check failed" in found


def test_a_process_that_keeps_the_pipe_open_does_not_hold_the_end_up():
    found = stderr("import subprocess; subprocess.Popen(['sleep', '5'], stdout=2)")
    assert found[-1] == "after"


def test_an_exception_passes_and_standard_error_is_as_it_was():
    found = stderr("raise SystemExit('stop')")
    assert found[-1] == "stop"


def test_a_logger_made_in_the_block_still_writes_after_it():
    program = PROGRAM.format(end="import logging; logging.warning('within')")
    after = "\nlogging.warning('later')"
    run = subprocess.run(
        [sys.executable, "-c", program + after], capture_output=True, text=True, timeout=60
    )
    assert run.stderr.splitlines()[-1] == "WARNING:root:later"
