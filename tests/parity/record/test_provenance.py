"""Provenance: what is written down about how a recording was made."""

import subprocess

import pytest

from parity.record import digest, provenance


def git(folder, *words):
    name = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *name, *words], check=True, capture_output=True)


@pytest.fixture
def port_file(tmp_path):
    path = tmp_path / "my_port.py"
    path.write_text("port = 1\n")
    return path


def collected(path):
    return provenance.collect("mine", path, "parity record", {"tensorflow": "2.21"}, 8)


def test_versions_flags_and_the_ports_file(port_file, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    found = collected(port_file)
    assert found["flags"]["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert "XLA_FLAGS" not in found["flags"]
    assert found["versions"]["tensorflow"] == "2.21"
    assert found["port"] == {
        "name": "mine",
        "file": "my_port.py",
        "sha256": digest.of_file(port_file),
    }
    assert found["commit"] is None


def test_the_commit_and_whether_anything_differs_from_it(port_file):
    git(port_file.parent, "init", "-q")
    assert collected(port_file)["commit"] is None  # git does not know the file
    git(port_file.parent, "add", "my_port.py")
    git(port_file.parent, "commit", "-qm", "first")
    commit = collected(port_file)["commit"]
    assert len(commit["id"]) == 40
    assert commit["dirty"] is False
    port_file.write_text("port = 2\n")
    assert collected(port_file)["commit"] == {**commit, "dirty": True}


def test_without_a_file_and_without_git(port_file, monkeypatch):
    assert collected(None)["commit"] is None
    assert collected(None)["port"] == {"name": "mine"}
    monkeypatch.setenv("PATH", "")
    assert collected(port_file)["commit"] is None
