"""What cannot be written is refused before any work."""

import os

import pytest

from converters.errors import InputError
from pt_gmvp.commands import outputs
from pt_gmvp.commands.outputs import check_outputs, check_table


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("")
    os.symlink("there", "link")
    (tmp_path / "folder").mkdir()


def test_what_can_be_written(tmp_path):
    check_outputs([tmp_path / "new.PNG", tmp_path / "b.svg"], (".png", ".svg"))
    check_outputs([tmp_path / "there"], read=[tmp_path / "missing", tmp_path / "folder"])
    check_outputs([])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.jpg"], "a.jpg: the name says no format; expected one that ends in .png or .svg"),
        (["folder.png"], "folder.png: is a folder"),
        (["no/a.png"], "a.png: there is no folder"),
        (["a.png", "folder/../a.png"], "a.png: is to be written twice; name another"),
        (["read.png"], "read.png: is a file that is read; name another to be written"),
    ],
)
def test_what_cannot(tmp_path, names, said):
    (tmp_path / "folder.png").mkdir()
    os.symlink("there", "read.png")
    with pytest.raises(InputError) as raised:
        check_outputs([tmp_path / n for n in names], (".png", ".svg"), read=[tmp_path / "there"])
    assert said in str(raised.value)


def test_a_stream_takes_no_file_s_place(tmp_path):
    os.mkfifo("pipe")
    check_table("-", tmp_path / "new.json", [tmp_path / "there", None])
    check_table("pipe", tmp_path / "pipe", [tmp_path / "pipe"])
    with pytest.raises(InputError, match="there: is a file that is read"):
        check_table("-", tmp_path / "there", [tmp_path / "link"])


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="no permission to write in"):
        check_outputs([tmp_path / "a"])
