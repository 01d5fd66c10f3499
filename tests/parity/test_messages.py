"""The checker's own copy of what makes text safe to print."""

import io
import sys

from parity.messages import one_line, printable, protect_streams
from parity.report.terminal import console


def test_a_name_never_commands_a_terminal(monkeypatch):
    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    protect_streams()
    print("no file \x1b[2J", file=sys.stderr)
    console(stderr=True).print("layer \x1b[2J")
    assert errors.getvalue() == "no file \\x1b[2J\nlayer \\x1b[2J\n"
    assert one_line("a\nb") == r"a\nb"
    assert printable("a\nb") == "a\nb"
