"""The page of mistakes shows what `parity check` prints."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "mistakes.md").read_text()
BLOCKS = dict(re.findall(r"<!-- (\w+) -->\n```\n(.*?)```", PAGE, re.DOTALL))


def plain(text):
    """Return the lines without what differs from machine to machine: digits of rounding errors."""
    text = re.sub(r"falls from \S+ to [0-9.e-]+", "falls", text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_every_layer_has_its_block():
    candidate = (ROOT / "examples" / "mistakes" / "candidate.py").read_text()
    layers = re.findall(r"^def (\w+)\(x\)", candidate, re.M)
    assert list(BLOCKS) == layers
    for block in BLOCKS.values():
        removed = [line[1:] for line in block.splitlines() if re.match("-[^-]", line)]
        assert removed
        assert all(line in candidate.splitlines() for line in removed)


@pytest.mark.slow
def test_the_page_shows_what_is_printed_and_the_patches_repair_everything(tmp_path):
    shutil.copytree(ROOT / "examples" / "mistakes", tmp_path / "mistakes")
    run = subprocess.run(
        [sys.executable, "-m", "parity", "check", "port.py", "--records", "4", "--apply"],
        cwd=tmp_path / "mistakes",
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 1, run.stdout + run.stderr
    printed = plain(run.stdout)
    for block in BLOCKS.values():
        missing = [line for line in plain(block) if line not in printed]
        assert not missing
    copy = tmp_path / "mistakes" / "candidate.patched.py"
    copy.rename(tmp_path / "mistakes" / "candidate.py")
    again = subprocess.run(
        [sys.executable, "-m", "parity", "check", "port.py", "--records", "4"],
        cwd=tmp_path / "mistakes",
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert again.returncode == 0, again.stdout + again.stderr
