"""Memory that is freed stays with the process, in small pieces and in large ones."""

import ctypes
import subprocess
import sys

import pytest

from parity.runners.freed_memory import keep_freed_memory

# Page faults of arrays of 80 MB in all, asked for together and freed, again and again.
FAULTS = """
import resource
from parity.runners.freed_memory import keep_freed_memory
if KEPT:
    keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        held = [b"x" * SIZE for _ in range((80 << 20) // SIZE)]
        del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def counted(kept, size):
    program = FAULTS.replace("KEPT", str(kept)).replace("SIZE", str(size))
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is Linux's")
@pytest.mark.parametrize("size", [8 << 20, 40 << 20])
def test_freed_memory_is_kept(size):
    assert counted(True, size) < 100
    assert counted(False, size) > 1000


def test_other_systems_are_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: pytest.fail("asked for malloc"))
    keep_freed_memory()
