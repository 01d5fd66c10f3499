"""How a report names the recording that stands in for the reference."""

from parity.report import recording


def test_a_recording_says_when_by_what_and_of_which_commit():
    made = {"made": "2026-01-02 03:04 UTC", "versions": {"parity": "1", "tensorflow": "2.21"}}
    commit = {"id": "0123456789abcdef", "dirty": True}
    assert recording.line({**made, "commit": commit}) == (
        "reference: recorded 2026-01-02 03:04 UTC, tensorflow 2.21, "
        "commit 0123456789ab with changes"
    )
    assert recording.line({**made, "commit": {**commit, "dirty": False}}).endswith("0123456789ab")
    assert recording.line({**made, "commit": None}).endswith("no commit known")
