"""Ports whose reference runs in another process of this interpreter, as it would in another."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from parity.declaring.port import Port
from parity.declaring.registry import find
from parity.runners.remote.process import workers_in

REFERENCE = """
import os, signal, time
import numpy as np
import parity

print("printed while it was read")

def double(x, n):
    print("printed while it ran")
    return {"y": x * np.asarray(2, x.dtype), "n": n + 1, "even": n % 2 == 0}

def triple(x, n):
    return {"y": x * np.asarray(3, x.dtype), "n": n + 1, "even": n % 2 == 0}

def of_the_archive(x, n):
    assert "worker.pyz" in parity.__file__
    return double(x, n)

def raises(x, n):
    raise KeyError("no such thing\\nand more")

def dies(x, n):
    os.kill(os.getpid(), signal.SIGKILL)

def leaves(x, n):
    os._exit(3)

def endless(x, n):
    with open("started", "w") as file:
        file.write(str(os.getpid()))
    while True:
        pass

def words(x, n):
    return np.asarray(["a", "b"])
"""
CANDIDATE = """
from torch import nn

class Double(nn.Module):
    def forward(self, x, n):
        return {"y": x * 2, "n": n + 1, "even": n % 2 == 0}

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x):
        return self.linear(x)
"""
PORT = """
from parity import models

port = models.port(
    "p", "reference.py:{reference}", "candidate.py:Double", beside=__file__, weights=(),
    inputs={{"x": models.Input((3,)), "n": models.Input((), "int64", 5)}},
)
"""
Elsewhere = Callable[[str], AbstractContextManager[Port]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, which holds the code of both sides and a port for each."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reference.py").write_text(REFERENCE)
    (tmp_path / "candidate.py").write_text(CANDIDATE)
    for line in REFERENCE.splitlines():
        if line.startswith("def "):
            name = line[4:].partition("(")[0]
            (tmp_path / f"{name}_port.py").write_text(PORT.format(reference=name))
    return tmp_path


@pytest.fixture
def elsewhere(folder: Path) -> Elsewhere:
    """Return a context that declares the port of a reference, which runs in another process."""

    @contextmanager
    def declared(reference: str) -> Iterator[Port]:
        with workers_in(sys.executable, None):
            yield find(f"{reference}_port.py")

    return declared
