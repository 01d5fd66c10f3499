"""The command that records what was asked: typed into a shell, it asks for the same again."""

import shlex
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from parity.checking.selection import MODES, Selection
from parity.record.asked import Asked

NAMES = st.lists(st.text(min_size=1, max_size=8), max_size=2).map(tuple)


@given(
    asked=st.builds(
        Asked,
        port=st.text(min_size=1, max_size=8),
        selection=st.builds(
            Selection, NAMES, NAMES, st.sampled_from([MODES, *((mode,) for mode in MODES)])
        ),
        source=st.none() | st.text(min_size=1, max_size=8),
        records=st.integers(1, 100),
        neighbours=st.booleans(),
    )
)
def test_every_word_comes_back_from_the_shell(asked):
    words = shlex.split(asked.command(Path("a b")))
    assert words[:4] == ["parity", "record", "--port", asked.port]
    assert words[-2:] == ["-o", "a b"]
    rest = words[4:-2]
    flags = [word for word in rest if word in ("--grad", "--no-neighbours")]
    assert ("--no-neighbours" in flags) == (not asked.neighbours)
    for name in (*asked.selection.layers, *asked.selection.configs, str(asked.records)):
        assert name in rest
    assert ("--mode" in rest) == (asked.selection.modes != MODES)
