"""A file of the user's runs as a script does, and what it lacks or raises is one line."""

import sys

import pytest

from parity.declaring.scripts import execute
from parity.errors import ParityError


@pytest.fixture(autouse=True)
def _left_as_it_was(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name in ("script_of_mine", "helper_beside"):
        sys.modules.pop(name, None)


def test_what_lies_beside_comes_first_and_its_folder_is_named_once(tmp_path):
    near, far = tmp_path / "near", tmp_path / "far"
    for folder in (near, far):
        folder.mkdir()
        (folder / "helper_beside.py").write_text(f"WHERE = {folder.name!r}")
    path = near / "script_of_mine.py"
    path.write_text("from helper_beside import WHERE")
    sys.path[:0] = [str(far), str(near)]
    assert execute(path, "port").WHERE == "near"
    assert execute(path, "port").WHERE == "near"
    assert sys.path.count(str(near)) == 1


def test_a_file_is_executed_anew_and_found_by_its_name(tmp_path):
    path = tmp_path / "script_of_mine.py"
    path.write_text("held = []")
    first, second = execute(path, "model"), execute(path, "model")
    assert first.held is not second.held
    assert sys.modules["script_of_mine"] is second


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_na"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError('one\\ntwo')", "ValueError: one"),
        ("x = (", "SyntaxError: '(' was never closed"),
    ],
)
def test_what_fails_says_so_in_its_own_words(tmp_path, text, said):
    path = tmp_path / "script_of_mine.py"
    path.write_text(text)
    with pytest.raises(ParityError) as caught:
        execute(path, "model")
    line = str(caught.value)
    assert line.startswith(f"{path} cannot be read as a model: {said}")
    assert "\n" not in line


def test_a_refusal_of_the_engine_stays_what_it_is(tmp_path):
    path = tmp_path / "script_of_mine.py"
    path.write_text("from parity.errors import ParityError\nraise ParityError('no such thing')")
    with pytest.raises(ParityError, match=r"^no such thing$"):
        execute(path, "port")


def test_no_file_or_a_folder(tmp_path):
    with pytest.raises(ParityError, match=r"no file .*gone\.py to read a model from"):
        execute(tmp_path / "gone.py", "model")
    with pytest.raises(ParityError, match="is a folder; expected a Python file to read a model"):
        execute(tmp_path, "model")
