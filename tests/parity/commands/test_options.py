"""Choice of a command's port: named, found in the folder, or gMVP."""

import pytest

from parity.commands.options import ChosenPort, choose_port
from parity.errors import ParityError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Makes the current folder one that holds files of these names."""
    monkeypatch.chdir(tmp_path)

    def holding(*names):
        for name in names:
            (tmp_path / name).touch()

    return holding


@pytest.mark.parametrize(("argument", "option"), [("a.py", None), (None, "a.py"), ("a.py", "a.py")])
def test_a_named_port_is_taken_without_a_word(folder, argument, option):
    folder("port.py")
    assert choose_port(argument, option) == ChosenPort("a.py", "")


@pytest.mark.parametrize(
    ("files", "name", "reason"),
    [
        (["port.py", "my_port.py"], "port.py", "found in this folder"),
        (["my_port.py", "test_port.py", "other.py"], "my_port.py", "the only *_port.py"),
        (["other.py", "test_port.py"], "gmvp", "no port named, and no port.py or *_port.py"),
    ],
)
def test_without_a_name_the_folders_port_is_taken_and_the_reason_given(folder, files, name, reason):
    folder(*files)
    chosen = choose_port(None, None)
    assert chosen.name == name
    assert chosen.reason.startswith(reason)


def test_two_names_are_refused():
    with pytest.raises(ParityError, match=r"^two ports given, a\.py and --port b\.py; give"):
        choose_port("a.py", "b.py")


def test_several_ports_in_the_folder_are_refused_by_name(folder):
    folder("b_port.py", "a_port.py")
    with pytest.raises(
        ParityError, match=r"several ports, a_port\.py, b_port\.py; name one of them$"
    ):
        choose_port(None, None)
