"""A recording is written whole or not at all, and replaces nothing but a recording."""

import os
import subprocess
import sys

import pytest

from parity.errors import ParityError
from parity.record import folder


def fill(target, text="new"):
    with folder.replaced(target) as partial:
        (partial / "bundle.json").write_text(str(text))
        if isinstance(text, BaseException):
            raise text


def ended() -> int:
    """Return the id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_old_one_is_replaced_and_nothing_left_beside(tmp_path):
    target = tmp_path / "kept"
    fill(target, "old")
    fill(target)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (target / "bundle.json").read_text() == "new"


def test_an_interrupt_leaves_the_old_one(tmp_path):
    target = tmp_path / "kept"
    fill(target, "old")
    with pytest.raises(KeyboardInterrupt):
        fill(target, KeyboardInterrupt())
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (target / "bundle.json").read_text() == "old"


def test_leftovers_of_killed_recordings_are_removed_but_not_those_of_running_ones(tmp_path):
    dead = tmp_path / f".kept.{ended()}.partial"
    alive = tmp_path / f".kept.{os.getppid()}.partial"
    other = tmp_path / f".other.{ended()}.partial"
    for left in (dead, alive, other):
        left.mkdir()
    fill(tmp_path / "kept")
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()


def test_leftovers_of_a_process_that_its_parent_has_not_seen_end_are_removed(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    left = tmp_path / f".kept.{process.pid}.partial"
    left.mkdir()
    fill(tmp_path / "kept")
    process.wait()
    assert not left.exists()


def test_nothing_is_lost_between_the_two_renames(tmp_path):
    old = tmp_path / f".kept.{ended()}.old"
    old.mkdir()
    (old / "bundle.json").write_text("old")
    with pytest.raises(ValueError, match="broken off"), folder.replaced(tmp_path / "kept"):
        raise ValueError("broken off")
    assert (tmp_path / "kept" / "bundle.json").read_text() == "old"


def test_a_folder_that_is_not_a_recording_is_never_replaced(tmp_path):
    something = tmp_path / "thesis"
    something.mkdir()
    folder.refuse_unwritable(something)  # an empty folder may be filled
    (something / "chapter.txt").write_text("")
    with pytest.raises(ParityError, match="it contains other files; name another folder"):
        folder.refuse_unwritable(something)
    with pytest.raises(ParityError, match="it is not a folder, as a recording must be"):
        folder.refuse_unwritable(something / "chapter.txt")
    with pytest.raises(ParityError, match="its folder does not exist"):
        folder.refuse_unwritable(tmp_path / "no" / "recording")
