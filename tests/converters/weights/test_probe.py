import subprocess
import sys

import pytest

from converters.errors import WeightsError
from converters.weights import probe
from converters.weights.detect import read_source


def replaced(monkeypatch, code):
    """Let the other process run `code` in place of reading the file."""
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda _, **options: run([sys.executable, "-c", code], **options)
    )


def test_a_crash_of_the_library_is_one_line(golden, monkeypatch):
    replaced(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(WeightsError, match=r"it crashes the HDF5 library \(signal 11\)"):
        read_source(golden / "ensemble_21.h5")


def test_a_hang_of_the_library_is_one_line(golden, monkeypatch):
    monkeypatch.setattr(probe, "_TIMEOUT_S", 0.5)
    replaced(monkeypatch, "while True: pass")
    with pytest.raises(WeightsError, match="did not finish within"):
        read_source(golden / "ensemble_21.h5")


def test_orderly_refusals_are_left_to_the_reader(tmp_path):
    (tmp_path / "short.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    probe.try_elsewhere(tmp_path / "short.h5")
    with pytest.raises(WeightsError, match="cannot be read as HDF5"):
        read_source(tmp_path / "short.h5")
