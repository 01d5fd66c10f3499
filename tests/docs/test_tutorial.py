"""The tutorial does what it says: its files, its commands, their exit codes and outputs."""

import re
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"<!-- (?P<what>.*?) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)
COMMAND = re.compile(r"\$ parity (?P<arguments>.*)\n(?P<output>[\s\S]*)")


def blocks():
    return [(found["what"], found["text"]) for found in BLOCK.finditer(TUTORIAL.read_text())]


def steps():
    """Each command with the files written before it, its exit code and its output."""
    files, found, changed = {}, [], {}
    for what, text in blocks():
        kind, _, name = what.rpartition(" ")
        if kind == "file:":
            files[name] = changed[name] = text
        elif kind == "replace in":
            old, new = ("".join(re.findall(rf"^\{sign}(.*\n)", text, re.M)) for sign in "-+")
            assert files[name].count(old) == 1, old
            files[name] = changed[name] = files[name].replace(old, new)
        elif what == "runs":
            script = re.fullmatch(r"\$ python (\S+)\n", text)
            assert script is not None, text
            found.append((changed, ["python", script[1]], 0, ""))
            changed = {}
        elif kind == "exits with":
            command = COMMAND.fullmatch(text)
            assert command is not None, text
            found.append((changed, command["arguments"].split(), int(name), command["output"]))
            changed = {}
        else:
            assert what == "written: my_port.py"
    return found


def plain(output):
    """Without what differs from run to run and from machine to machine: seconds and last digits."""
    output = re.sub(r"\(\d+ s\)", "(- s)", output)
    output = re.sub(r"\b\d+(\.\d+)?e-\d+", "<rounding>", output)
    output = re.sub(r"(\d\.\d{6})\d+", r"\1", output)
    output = re.sub(r"SHA-256 \w+", "SHA-256 <digest>", output)
    output = re.sub(r"(identical|equivalent)( <rounding>)?", "passes", output)
    output = re.sub(r"(to the bit|to <rounding>)", "<rounding>", output)
    output = re.sub(r"(\d+ passes)(, \d+ passes)?", "passes", output)
    return [" ".join(line.split()) for line in output.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("my_layer")


@pytest.fixture(scope="module")
def outcomes(folder, in_turn):
    return in_turn(folder, [(files, arguments) for files, arguments, _, _ in steps()])


@pytest.mark.slow
def test_every_command_exits_and_prints_as_the_tutorial_says(outcomes):
    assert [outcome.code for outcome in outcomes] == [code for _, _, code, _ in steps()]
    for outcome, (_, arguments, _, output) in zip(outcomes, steps(), strict=True):
        # On a slow machine, progress is shown every 30 seconds.
        errors = re.sub(r"^\d+ s: .*\n", "", outcome.stderr, flags=re.M)
        assert (errors != "") == (outcome.code == 2), arguments
        assert plain(outcome.stdout + errors) == plain(output), arguments


@pytest.mark.slow
def test_the_declaration_shown_is_the_one_written(outcomes, folder):
    ((_, shown),) = [block for block in blocks() if block[0].startswith("written")]
    assert (folder / "my_port.py").read_text() == shown


def test_a_changed_verdict_would_be_seen():
    """The comparison leaves out last digits, and nothing that is said."""
    assert plain("x  ✓ equivalent 1e-16 (3 s)") == plain("x ✓ identical (29 s)")
    assert plain("x ✗ different 2e-02") != plain("x ✓ equivalent 2e-16")
    assert plain("2 identical, 2 equivalent, 1 different") != plain("4 equivalent, 2 different")
