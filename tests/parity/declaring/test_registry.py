"""What is named as a port and is none, each in one line that says what to do next."""

import sys

import pytest

from parity.declaring.registry import find
from parity.errors import ParityError


def refused(name) -> str:
    with pytest.raises(ParityError) as caught:
        find(str(name))
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_file_that_is_no_python(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("{}")
    assert refused(path) == (
        f"{path} is a file that does not end in .py; expected a .py file that contains "
        "port = parity.Port(...), or the name of an installed port: gmvp"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"What was measured", "cannot be read as a port: SyntaxError: invalid syntax"),
        (b"\xff\xfe\x00", "cannot be read as a port: SyntaxError: "),
        (b"x = 1\x00", "cannot be read as a port: SyntaxError: source code string cannot contain"),
        (b"", "does not declare a port; it should contain: port = parity.Port(...)"),
        (b"ports = []", "does not declare a port; it should contain: port = parity.Port(...)"),
        (b"def port(): ...", "does not declare a port; it should contain: port = parity.Port(...)"),
    ],
)
def test_a_python_file_without_a_port(tmp_path, content, said):
    path = tmp_path / "foreign.py"
    path.write_bytes(content)
    assert refused(path).startswith(f"{path} {said}")


def test_a_folder(tmp_path):
    assert refused(tmp_path).startswith(
        f"{tmp_path} is a folder; expected a .py file that contains"
    )
    (tmp_path / "port.py").mkdir()
    assert refused(tmp_path / "port.py").endswith(
        "port.py is a folder; expected a Python file to read a port from"
    )


def test_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "gone.py"
    assert refused(path) == f"no file {path} to read a port from"


def test_an_ending_left_out(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("port = 3")
    monkeypatch.chdir(tmp_path)
    assert refused("mine") == "unknown port 'mine'; did you mean mine.py?"
    assert refused("") == "unknown port ''; known: gmvp"


def test_a_port_whose_modules_are_missing_names_the_extra_that_installs_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "parity.ports.gmvp", None)
    said = refused("gmvp")
    assert said.endswith(
        "is not installed, and the port 'gmvp' needs it; "
        "install it with: pip install 'gmvp-parity[gmvp]'"
    )
