"""Lines about the recording that replaces the reference."""

from types import SimpleNamespace

from parity.report import recording
from parity.report.terminal import console

COMMIT = {"id": "0123456789abcdef", "dirty": True}
MADE = {
    "made": "2026-01-02 03:04 UTC",
    "versions": {"parity": "1", "tensorflow": "2.21"},
    "commit": COMMIT,
}


def test_when_with_which_versions_and_at_which_commit():
    assert recording.describe(MADE) == (
        "reference: recorded 2026-01-02 03:04 UTC, tensorflow 2.21, "
        "commit 0123456789ab with changes"
    )
    clean = {**MADE, "commit": {**COMMIT, "dirty": False}}
    assert recording.describe(clean).endswith("0123456789ab")
    assert recording.describe({**MADE, "commit": None}).endswith("commit unknown")
    numpy = {**MADE, "versions": {"parity": "1", "numpy": "2"}}
    assert ", numpy 2, " in recording.describe(numpy)


def test_remarks_are_printed_below_and_nothing_for_a_live_reference(capsys):
    recorded = SimpleNamespace(provenance=MADE, remarks=("the port's file has changed since",))
    recording.print_recording(console(), recorded)
    recording.print_recording(console(), SimpleNamespace(provenance=None, remarks=()))
    assert capsys.readouterr().out.splitlines() == [
        recording.describe(MADE),
        "the port's file has changed since",
    ]
