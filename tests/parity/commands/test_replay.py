"""`parity replay` in a subprocess, as users run it."""

import pytest

from tests.parity.commands.fuzz_port import BAD, FOUND, error_line, fuzz, parity, write_port


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a port, and with a counterexample that was found in it."""
    assert fuzz(write_port(tmp_path), *BAD).returncode == 1
    return tmp_path


def test_a_fixed_port_passes_its_replay(folder):
    path = folder / "my_port.py"
    path.write_text(path.read_text().replace("1 + x", "2 * x"))
    result = parity(folder, "replay", FOUND)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "changed: my_port.py has been edited since the case was found" in result.stdout
    assert "identical; it was different when it was found" in result.stdout


def test_another_port_is_named_with_an_option(folder):
    (folder / "my_port.py").rename(folder / "moved.py")
    line = error_line(parity(folder, "replay", FOUND))
    assert line.endswith("neither in this folder nor next to the replay; name it with --port")
    assert parity(folder, "replay", FOUND, "--port", "moved.py").returncode == 1


def test_what_is_not_a_replay_is_refused_in_one_line(folder):
    (folder / "other").write_bytes(b"no such thing")
    assert "other was not written by parity, or is" in error_line(parity(folder, "replay", "other"))
    assert "expected a replay" in error_line(parity(folder, "replay", "gone"))
