"""A bundle appears whole or not at all, and takes the place of nothing but a bundle."""

import os
import subprocess
import sys

import pytest

from parity.errors import ParityError
from parity.record import folder


def fill(target, text="new"):
    with folder.beside(target) as partial:
        (partial / "bundle.json").write_text(str(text))
        if isinstance(text, BaseException):
            raise text


def ended() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_it_takes_the_place_of_the_old_one_and_leaves_nothing_beside(tmp_path):
    target = tmp_path / "kept"
    fill(target, "old")
    fill(target)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (target / "bundle.json").read_text() == "new"


def test_what_breaks_off_leaves_the_old_one(tmp_path):
    target = tmp_path / "kept"
    fill(target, "old")
    with pytest.raises(KeyboardInterrupt):
        fill(target, KeyboardInterrupt())
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (target / "bundle.json").read_text() == "old"


def test_what_a_killed_recording_left_is_taken_away_and_a_living_ones_is_not(tmp_path):
    dead = tmp_path / f".kept.{ended()}.partial"
    alive = tmp_path / f".kept.{os.getppid()}.partial"
    other = tmp_path / f".other.{ended()}.partial"
    for left in (dead, alive, other):
        left.mkdir()
    fill(tmp_path / "kept")
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()


def test_killed_between_two_renames_none_is_lost(tmp_path):
    old = tmp_path / f".kept.{ended()}.old"
    old.mkdir()
    (old / "bundle.json").write_text("old")
    with pytest.raises(ValueError, match="broken off"), folder.beside(tmp_path / "kept"):
        raise ValueError("broken off")
    assert (tmp_path / "kept" / "bundle.json").read_text() == "old"


def test_what_is_no_bundle_is_never_replaced(tmp_path):
    something = tmp_path / "thesis"
    something.mkdir()
    folder.refuse_unwritable(something)  # an empty folder may be filled
    (something / "chapter.txt").write_text("")
    with pytest.raises(ParityError, match="it holds something else; name another folder"):
        folder.refuse_unwritable(something)
    with pytest.raises(ParityError, match="it is no folder; a bundle is one"):
        folder.refuse_unwritable(something / "chapter.txt")
    with pytest.raises(ParityError, match="its folder does not exist"):
        folder.refuse_unwritable(tmp_path / "no" / "bundle")
