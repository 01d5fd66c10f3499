"""The example workflow: every command in it is one that there is, with options that it has."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / "examples" / "ci" / "parity.yml"


def commands():
    """Every `parity ...` of the workflow as a list of words, folded lines joined, to the `>>`."""
    text = WORKFLOW.read_text()
    found = re.findall(r"(?:run: |^ {10})(parity (?:.+\n)(?: {10}-.+\n)*)", text, re.MULTILINE)
    return [shlex.split(command.partition(">>")[0]) for command in found]


def names():
    return [" ".join(words[:2]) for words in commands()]


def test_the_workflow_runs_all_that_it_is_there_to_show():
    assert names() == ["parity check", "parity compare", "parity record", "parity check"]


@pytest.mark.parametrize("number", range(len(commands())), ids=names())
def test_every_option_is_known_to_its_command(number):
    _, command, *rest = commands()[number]
    asked = [sys.executable, "-m", "parity", command, "--help"]
    wide = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(asked, capture_output=True, text=True, check=False, env=wide, timeout=60)
    assert done.returncode == 0, done.stderr
    known = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", done.stdout))
    options = {word for word in rest if word.startswith("-") and word != "-"}
    assert options <= known


def test_the_ports_that_are_named_are_there():
    (port,) = re.findall(r"^  PORT: (.+)$", WORKFLOW.read_text(), re.MULTILINE)
    assert (ROOT / port).is_file()


def test_the_workflow_is_yaml_of_two_jobs():
    yaml = pytest.importorskip("yaml", reason="no reader of YAML is installed")
    document = yaml.safe_load(WORKFLOW.read_text())
    assert list(document["jobs"]) == ["both-frameworks", "torch-alone"]
    for job in document["jobs"].values():
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])


def test_the_example_test_has_a_test_for_each_case():
    # In a test suite too, a port that is right passes and is seen case by case.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--no-header"),
            *("-p", "parity.pytest_plugin", "-k", "head", "examples/ci/test_port.py"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 3 deselected" in done.stdout
