"""The calls on the page for labs that come from the original are calls that the programs take."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from converters.cli import app as converters
from legacy_tf.options import make_parser
from pt_gmvp.cli import app as gmvp

PAGE = Path(__file__).parents[2] / "docs" / "from-the-original.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
CALLS = [line for block in BLOCKS for line in block.splitlines()]
CALLS += re.findall(r"`(gmvp-convert [^`]+)`", PAGE.read_text())
PROGRAMS = {"gmvp": gmvp, "gmvp-convert": converters}


@pytest.mark.parametrize("call", CALLS)
def test_every_call_is_taken(call):
    words = shlex.split(call)
    if words[:3] == ["python", "-m", "legacy_tf"]:
        assert make_parser().parse_args(words[3:]).command == words[3]
        return
    command = typer.main.get_group(PROGRAMS[words[0]]).commands[words[1]]
    context = command.make_context(words[1], words[2:])
    assert context.args == []


def test_the_page_has_calls():
    programs = {call.split()[0] for call in CALLS}
    assert programs == {"python", "gmvp", "gmvp-convert"}
    assert len(CALLS) >= 12
