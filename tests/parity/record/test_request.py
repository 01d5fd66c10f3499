"""Command of a request: typed into a shell, it makes the same request again."""

import shlex
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from parity.checking.selection import MODES, Selection
from parity.record.request import RecordRequest

NAMES = st.lists(st.text(min_size=1, max_size=8), max_size=2).map(tuple)


@given(
    request=st.builds(
        RecordRequest,
        port=st.text(min_size=1, max_size=8),
        selection=st.builds(
            Selection, NAMES, NAMES, st.sampled_from([MODES, *((mode,) for mode in MODES)])
        ),
        source=st.none() | st.text(min_size=1, max_size=8),
        records=st.integers(1, 100),
        sample_rounding=st.booleans(),
    )
)
def test_the_command_survives_a_shell(request):
    words = shlex.split(request.command(Path("a b")))
    assert words[:4] == ["parity", "record", "--port", request.port]
    assert words[-2:] == ["-o", "a b"]
    rest = words[4:-2]
    flags = [word for word in rest if word in ("--grad", "--no-neighbours")]
    assert ("--no-neighbours" in flags) == (not request.sample_rounding)
    for name in (*request.selection.layers, *request.selection.configs, str(request.records)):
        assert name in rest
    assert ("--mode" in rest) == (request.selection.modes != MODES)
