"""A port to fuzz, one layer of which is wrong at zero, and the commands run on it."""

import os
import subprocess
import sys
from pathlib import Path

PORT = """
import time
import numpy as np
import parity

def side(function):
    return parity.Side('numpy', lambda options, dtype: parity.Built(lambda i: function(i['x'])))

def plain(x):
    return {'y': x * 2}

def wrong(x):
    return {'y': np.where(np.abs(x).max() > 0, x * 2, 1 + x).astype(x.dtype)}

def slow(x):
    time.sleep(0.01)
    return plain(x)

def load(source, seed, count):
    random = np.random.default_rng(seed)
    return parity.InputSet('drawn', {'x': random.normal(size=(count, 3)).astype(np.float32) * 9})

def pair(name, reference, candidate):
    return parity.Pair(name, side(reference), side(candidate), (parity.Configuration('c', {}),),
                       lambda given: given.inputs.arrays)

port = parity.Port('mine', (
    pair('good', plain, plain), pair('bad at zero', plain, wrong), pair('slow', slow, slow)), load)
"""

FOUND = "mine-bad_at_zero-c.replay"
BAD = ("--layer", "bad at zero")


def write_port(folder: Path) -> Path:
    (folder / "my_port.py").write_text(PORT)
    return folder


def parity(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "parity", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def fuzz(folder, *arguments, **environment):
    return parity(folder, "fuzz", "--port", "my_port.py", *arguments, **environment)


def error_line(result) -> str:
    assert result.returncode == 2, result.stderr
    (line,) = result.stderr.splitlines()
    return line
