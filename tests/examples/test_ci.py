"""The example workflow: every command and option in it exists, and it runs outside this project."""

import os
import re
import shlex
import shutil
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


def test_the_workflow_runs_every_command_it_shows():
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


@pytest.mark.slow
def test_the_folder_works_in_somebody_elses_repository(tmp_path):
    """Copied to its places in an empty one, each command of the workflow runs as it stands."""
    for name in ("port.py", "test_port.py"):
        shutil.copy(WORKFLOW.parent / name, tmp_path)
    text = WORKFLOW.read_text()
    assert not re.search(r"constraints|examples/|pip install.*\.\[", text)
    (port,) = re.findall(r"^  PORT: (.+)$", text, re.MULTILINE)
    summary = tmp_path / "summary.md"
    env = {**os.environ, "PORT": port, "GITHUB_STEP_SUMMARY": str(summary), "PYTHONPATH": str(ROOT)}
    pattern = r"(?:run: |^ {10})(parity (?:.+\n)(?: {10}-.+\n)*)"
    for step in re.findall(pattern, text, re.MULTILINE):
        line = " ".join(step.split()).replace("parity ", f"{sys.executable} -m parity ", 1)
        if " compare " in line:
            shutil.copy(tmp_path / "parity.json", tmp_path / "parity-baseline.json")
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert {"parity.json", "parity.xml", "parity.sarif", "golden"} <= set(os.listdir(tmp_path))
    assert summary.read_text().count("## parity") == 3
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--no-header"),
            *("-p", "parity.pytest_plugin", "test_port.py"),
        ],
        cwd=tmp_path,
        env={**env, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_workflow_is_yaml_of_two_jobs():
    yaml = pytest.importorskip("yaml", reason="no reader of YAML is installed")
    document = yaml.safe_load(WORKFLOW.read_text())
    assert list(document["jobs"]) == ["both-frameworks", "torch-alone"]
    for job in document["jobs"].values():
        assert all(("run" in step) != ("uses" in step) for step in job["steps"])
