"""Tests of converters/destination.py."""

import os

import pytest

from converters.destination import check_folder, check_outputs
from converters.errors import InputError


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("")
    os.symlink("there", "link")
    (tmp_path / "folder").mkdir()


def test_what_can_be_written(tmp_path):
    check_outputs([tmp_path / "new.PNG", tmp_path / "b.svg"], (".png", ".svg"))
    check_outputs([tmp_path / "there"], used=[tmp_path / "missing", tmp_path / "folder"])
    check_outputs([])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a.jpg"], "a.jpg: unknown format; expected a name that ends in .png or .svg"),
        (["folder.png"], "folder.png: is a folder"),
        (["no/a.png"], "no does not exist; create it first"),
        (["a.png", "folder/../a.png"], "a.png: this command already uses this file"),
        (["read.png"], "read.png: this command already uses this file; name another output file"),
    ],
)
def test_what_cannot(tmp_path, names, said):
    (tmp_path / "folder.png").mkdir()
    os.symlink("there", "read.png")
    with pytest.raises(InputError) as raised:
        check_outputs([tmp_path / n for n in names], (".png", ".svg"), used=[tmp_path / "there"])
    assert said in str(raised.value)


def test_a_stream_may_be_named_twice_and_a_link_to_an_input_may_not(tmp_path):
    os.mkfifo("pipe")
    check_outputs([None, tmp_path / "new.json"], used=[tmp_path / "there", None])
    check_outputs([tmp_path / "pipe", tmp_path / "pipe"], used=[tmp_path / "pipe"])
    with pytest.raises(InputError, match="there: this command already uses this file"):
        check_outputs([tmp_path / "there"], used=[tmp_path / "link"])


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="no permission to write in"):
        check_outputs([tmp_path / "a"])


def test_a_folder_is_made_or_replaced_only_if_it_holds_nothing_else(tmp_path):
    made = tmp_path / "made"

    def check(force: bool) -> None:
        check_folder(made, "model", "weights".__eq__, force)

    check(force=False)
    made.mkdir()
    check(force=False)
    (made / "weights").touch()
    check(force=True)
    with pytest.raises(InputError, match="is not empty; give --force to replace the model in it"):
        check(force=False)
    (made / "letter").touch()
    with pytest.raises(InputError, match="contains letter, which is not part of a model"):
        check(force=True)
    with pytest.raises(InputError, match="is a file; expected the name of a folder to make"):
        check_folder(tmp_path / "there", "model", "weights".__eq__, True)
