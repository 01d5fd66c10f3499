import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from converters import atomic
from converters.atomic import (
    file_beside,
    folder_beside,
    naming,
    scratch_folder,
    sweep,
    write_text,
)

KILLED = """
import os, signal, sys
from pathlib import Path
from converters import atomic
from converters.atomic import file_beside, folder_beside
with {how}(Path(sys.argv[1])) as partial:
    {write}
    os.kill(os.getpid(), signal.SIGKILL)
"""
WRITE = {
    "file_beside": "partial.write_text('half')",
    "folder_beside": "(partial / 'half').write_text('half')",
}


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "out"
    target.write_text("old")
    with pytest.raises(IsADirectoryError), file_beside(target) as partial:
        partial.write_text(tmp_path.read_text() if partial.write_text("half") else "")
    assert target.read_text() == "old"
    with file_beside(target) as partial:
        partial.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["out"]


def test_a_folder_replaces_the_old_one_at_the_end(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(FileNotFoundError), folder_beside(target) as partial:
        os.rename(partial / "half", partial / "whole")
    assert os.listdir(target) == ["old"]
    with folder_beside(target) as partial:
        (partial / "new").touch()
    assert os.listdir(target) == ["new"]
    assert os.listdir(tmp_path) == ["out"]


def test_errors_name_the_path_that_was_given(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, file_beside(tmp_path / "no" / "x") as partial:
        partial.write_text("")
    assert caught.value.filename == str(tmp_path / "no" / "x")
    with pytest.raises(FileNotFoundError) as caught, folder_beside(tmp_path / "no" / "y"):
        pass
    assert caught.value.filename == str(tmp_path / "no" / "y")


@pytest.mark.parametrize("how", ["file_beside", "folder_beside"])
def test_what_a_killed_process_leaves_is_taken_away_by_the_next(tmp_path, how):
    target = tmp_path / "out"
    for _ in range(2):
        script = KILLED.format(how=how, write=WRITE[how])
        subprocess.run([sys.executable, "-c", script, str(target)], check=False)
        (left,) = os.listdir(tmp_path)
        assert left.startswith(".out.")
        assert left.endswith(".partial")
    beside = file_beside if how == "file_beside" else folder_beside
    with beside(target) as partial:
        if how == "file_beside":
            partial.write_text("whole")
    assert os.listdir(tmp_path) == ["out"]


def test_what_a_living_process_is_writing_is_left_alone(tmp_path):
    with file_beside(tmp_path / "out") as outer:
        outer.write_text("outer")
        other = outer.with_name(outer.name.replace(str(os.getpid()), "1"))
        other.write_text("of a process that lives")
        with file_beside(tmp_path / "out.other") as inner:
            inner.write_text("inner")
    assert sorted(os.listdir(tmp_path)) == [other.name, "out", "out.other"]


def test_what_a_process_left_that_its_parent_has_not_seen_end_is_removed(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with file_beside(tmp_path / "out") as mine:
        mine.write_text("mine")
        left = mine.with_name(mine.name.replace(str(os.getpid()), str(process.pid)))
    left.write_text("half")
    atomic._SWEPT.clear()
    sweep(tmp_path)
    process.wait()
    assert os.listdir(tmp_path) == ["out"]


def test_a_folder_set_aside_by_a_killed_process_comes_back(tmp_path):
    target = tmp_path / "out"
    with folder_beside(target) as partial:
        (partial / "old").touch()
        name = partial.name
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    target.rename(tmp_path / name.replace(str(os.getpid()), dead).replace(".partial", ".old"))
    atomic._SWEPT.clear()
    sweep(tmp_path)
    assert os.listdir(target) == ["old"]
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("how", [file_beside, folder_beside])
def test_a_full_disk_is_told_under_the_name_given(tmp_path, how):
    def fill() -> None:
        with how(tmp_path / "out"):
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space") as caught:
        fill()
    assert caught.value.filename == str(tmp_path / "out")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("broken", [KeyboardInterrupt, OSError])
def test_whatever_breaks_in_between_two_renames_one_folder_is_left(
    tmp_path, monkeypatch, which, broken
):
    target = tmp_path / "out"
    with folder_beside(target) as partial:
        (partial / "old").touch()
    rename, calls = os.rename, []

    def breaking(source, destination):
        calls.append(source)
        if len(calls) == which + 1 and broken is OSError:
            raise OSError(errno.EIO, "broken")
        rename(source, destination)
        if len(calls) == which + 1:
            raise broken

    monkeypatch.setattr(os, "rename", breaking)
    with pytest.raises(broken), folder_beside(target) as partial:
        (partial / "new").touch()
    assert os.listdir(target) == (["new"] if which and broken is KeyboardInterrupt else ["old"])
    assert os.listdir(tmp_path) == ["out"]


def test_a_scratch_folder_is_gone_whatever_happens(tmp_path):
    def interrupted() -> None:
        with scratch_folder(tmp_path, "work") as folder:
            (folder / "file").write_text("some")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not os.listdir(tmp_path)
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(NotADirectoryError) as raised, scratch_folder(tmp_path / "file", "work"):
        pass
    assert raised.value.filename == str(tmp_path / "file")


def test_a_full_disk_is_named_by_the_file_that_was_written():
    """The device stands for a disk without space: a write to it names no file."""
    full = Path("/dev/full")
    with pytest.raises(OSError, match="/dev/full") as caught:
        write_text(full, "text")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, "/dev/full")
    with pytest.raises(OSError, match="named") as caught, naming("named"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == "named"
    with pytest.raises(FileNotFoundError, match="other"), naming("named"):
        Path("other").read_bytes()
    with pytest.raises(BrokenPipeError), naming("named"):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")
