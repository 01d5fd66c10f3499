import os

import pytest

from converters.atomic import file_beside, folder_beside


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
