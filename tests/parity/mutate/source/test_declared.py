"""Mutants that are declared to change nothing."""

import pytest

from parity.errors import ParityError
from parity.mutate.source.declared import read_declared

ENTRY = """
[[mutant]]
file = "net/layer.py"
function = "Layer.call"
before = "x = x + 0"
after = "x = x - 0"
reason = "adds zero"
"""


def test_reasons_by_identity(tmp_path):
    path = tmp_path / "equivalent_mutants.toml"
    path.write_text(ENTRY + ENTRY.replace("zero", "nothing") + "occurrence = 2\n")
    first = ("net/layer.py", "Layer.call", "x = x + 0", "x = x - 0")
    assert read_declared(path) == {(*first, 1): "adds zero", (*first, 2): "adds nothing"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mutant = [", "is not TOML"),
        (ENTRY.replace("adds zero", ""), "mutant 1: expected text as 'reason'"),
        (ENTRY.replace('after = "x = x - 0"', ""), "mutant 1: expected text as 'after'"),
        (ENTRY + "line = 3", "mutant 1: unknown field line"),
        (ENTRY + "occurrence = 'two'", "expected a whole number as 'occurrence'"),
        ("mutant = 3", "mutant 1: unknown field 3"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, text, message):
    path = tmp_path / "declared.toml"
    path.write_text(text)
    with pytest.raises(ParityError, match=message):
        read_declared(path)
    with pytest.raises(ParityError, match="cannot read"):
        read_declared(tmp_path / "gone.toml")
