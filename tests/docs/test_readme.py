"""The README's commands run as they stand, on what ships, and it stays one page."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
# CI runs these as steps of their own.
SETUP = "make parity"


def blocks() -> list[str]:
    """Return the shell blocks of the README but for the set-up, in order."""
    found = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    return [block for block in found if SETUP not in block]


def commands(block: str) -> list[tuple[str, int]]:
    """Return the commands of a block, each with the exit code that its comment says, or 0."""
    found = []
    for line in block.splitlines():
        code = re.search(r"#.*exit code (\d)", line)
        found.append((line, int(code[1]) if code else 0))
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the commands read; what they write stays in it."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("parity", "gmvp", "gmvp-convert"):
        (programs / name).symlink_to(Path(sys.executable).parent / name)
    return tmp_path


def run_all(block: str, folder: Path) -> list[str]:
    """Run a block's commands in one shell; return those that exit otherwise than they say."""
    script = "".join(
        f'{command}\necho "exit $? of {number}" >&3\n'
        for number, (command, _) in enumerate(commands(block))
    )
    done = subprocess.run(
        ["bash", "-c", f"exec 3>codes\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PATH": f"{folder / '.venv' / 'bin'}:{os.environ['PATH']}",
        },
    )
    codes = re.findall(r"exit (\d+) of (\d+)", (folder / "codes").read_text())
    expected = commands(block)
    assert len(codes) == len(expected), done.stderr
    return [
        f"{expected[int(number)][0]}: {code}\n{done.stdout}{done.stderr}"
        for code, number in codes
        if int(code) != expected[int(number)][1]
    ]


@pytest.mark.exhaustive
@pytest.mark.parametrize("number", range(len(blocks())))
def test_a_block_of_commands_runs_as_it_stands(checkout, number):
    assert not run_all(blocks()[number], checkout)


def test_a_command_that_exits_otherwise_is_seen(tmp_path):
    assert not run_all("true\nfalse # exit code 1\n", tmp_path)
    assert len(run_all("true # exit code 1\nfalse\ntrue\n", tmp_path)) == 2


def test_it_is_one_page():
    assert len(README.read_text().splitlines()) <= 120


@pytest.mark.parametrize(
    "page", [README, *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name
)
def test_every_link_leads_to_a_file(page):
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    assert not [link for link in links if not (page.parent / link).exists()]


def test_the_index_names_every_page_once():
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert sorted(re.findall(r"^- \[.*?\]\(([\w-]+\.md)\)", index, re.MULTILINE)) == sorted(pages)


@pytest.mark.parametrize("name", ["reference.py", "candidate.py"])
def test_the_first_example_is_the_tutorial_s(name):
    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    assert f"```python\n{(ROOT / 'examples' / 'init' / name).read_text()}```" in tutorial
