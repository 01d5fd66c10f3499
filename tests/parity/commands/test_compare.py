"""`parity compare` in a subprocess, as users run it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[1] / "compare" / "data" / "check_schema_1.json"


def compare(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "parity", "compare", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def worse(tmp_path):
    """Write a later check, in which the layer that passed is different."""
    document = json.loads(CHECK.read_text())
    document["cases"][0]["verdict"] = "different"
    path = tmp_path / "worse.json"
    path.write_text(json.dumps(document))
    return path


def test_what_got_worse_fails_and_what_got_better_does_not(worse, tmp_path):
    result = compare(CHECK, worse, "--markdown", tmp_path / "out.md")
    assert (result.returncode, result.stderr) == (1, "")
    assert "worse     right  default  isolated  identical -> different" in result.stdout
    assert result.stdout.endswith("1 worse, 3 same\n")
    assert "✗ 1 worse, 3 same" in (tmp_path / "out.md").read_text()
    result = compare(worse, CHECK)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("1 better, 3 same\n")


def test_only_json_goes_to_standard_output(worse):
    result = compare(CHECK, worse, "--json", "-")
    assert result.returncode == 1
    assert json.loads(result.stdout)["counts"] == {"worse": 1, "same": 3}
    assert "1 worse, 3 same" in result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"schema": {"na', " is not JSON, or is truncated: line 1, "),
        ("{}", " is not a check; expected what `parity check --json` writes"),
        (None, ""),
    ],
)
def test_what_is_not_a_check_is_refused_in_one_line(tmp_path, content, said):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    result = compare(CHECK, path)
    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    start = f"error: {path}{said}" if content is not None else f"error: cannot read {path}: "
    assert line.startswith(start)
