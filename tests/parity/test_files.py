"""Files appear whole or not at all, and what cannot be written is refused before any work."""

import errno
import os

import pytest

from parity import files
from parity.errors import ParityError


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "report"
    path.write_text("old")
    files.write(str(path), "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["report"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "report"
    path.write_text("old")

    def half():
        with files.written_beside(path) as beside:
            beside.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["report"]


def test_a_link_is_followed_and_stays(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "report")
    files.save(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "report").read_bytes() == b"new"


def test_a_device_is_written_to_directly():
    files.save("/dev/null", b"nothing")
    assert not os.path.isfile("/dev/null")


def test_standard_output_is_a_dash(capsys):
    files.write("-", "text")
    assert capsys.readouterr().out == "text"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (".", "it is a folder; name a file in it"),
        ("missing/report", "its folder does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, target, message):
    path = tmp_path / target
    with pytest.raises(ParityError, match=f"cannot write .*: {message}"):
        files.refuse_unwritable(str(path))
    with pytest.raises(ParityError, match=message):
        files.refuse_unwritable_of({"json": None, "html": str(path)})


def test_two_reports_cannot_share_standard_output(tmp_path):
    files.refuse_unwritable_of({"json": "-", "html": str(tmp_path / "page"), "junit": None})
    with pytest.raises(ParityError, match="--json and --html cannot share standard output"):
        files.refuse_unwritable_of({"json": "-", "html": "-"})


def test_a_full_disk_is_named_by_the_file_that_was_written(tmp_path):
    """The device stands for a disk without space: a write to it names no file."""
    with pytest.raises(OSError, match="/dev/full") as caught:
        files.save("/dev/full", b"data")
    assert caught.value.errno == errno.ENOSPC
    path = tmp_path / "report"
    with pytest.raises(OSError, match="report") as caught, files.written_beside(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(path)
