import pytest

from converters.errors import InputError
from pt_gmvp.runs.folder import list_run, locked


def test_the_lock_does_not_count_as_content(tmp_path):
    assert list_run(tmp_path / "new", "the run") == []
    with locked(tmp_path / "new", "training"):
        (tmp_path / "new" / "b").touch()
        (tmp_path / "new" / "a").touch()
        assert list_run(tmp_path / "new", "the run") == ["a", "b"]
    assert list_run(tmp_path / "new", "the run") == ["a", "b"]


def test_a_file_is_not_a_run(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(InputError, match=r"run: is a file; expected a folder for the run"):
        list_run(tmp_path / "run", "the run")


def test_only_one_program_at_a_time(tmp_path):
    with (
        locked(tmp_path, "training"),
        pytest.raises(InputError, match=r"another program is training in it; wait for it to"),
        locked(tmp_path, "training"),
    ):
        pass
    with locked(tmp_path, "training"):
        pass


def test_the_lock_ends_with_an_error(tmp_path):
    with pytest.raises(KeyError), locked(tmp_path, "scoring"):
        raise KeyError
    with locked(tmp_path, "scoring"):
        pass
