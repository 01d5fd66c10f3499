"""A process that is set up keeps memory, and leaves what the environment says."""

import json
import os
import subprocess
import sys

import pytest

from pt_gmvp.runs.process import prepare

# Faults of pages by ten arrays of 8 MB, asked for together and freed, again and again.
FAULTS = """
import json, os, resource
from pt_gmvp.runs.process import prepare
if PREPARED:
    prepare()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(4):
        held = [b"x" * (8 << 20) for _ in range(10)]
        del held
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(json.dumps([faults(), os.environ.get("GOMP_SPINCOUNT")]))
"""


def counted(prepared: bool) -> tuple[int, str | None]:
    program = FAULTS.replace("PREPARED", str(prepared))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GOMP", "OMP"))}
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    return tuple(json.loads(run.stdout))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is Linux's")
def test_freed_memory_is_kept():
    (kept, spins), (given_back, _) = counted(True), counted(False)
    assert spins == "10000"
    assert kept < 100
    assert given_back > 1000


@pytest.mark.parametrize(
    "given", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "7"}], ids=lambda x: next(iter(x))
)
def test_what_the_environment_says_is_left(given, monkeypatch):
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    prepare()
    assert os.environ.get("GOMP_SPINCOUNT") == given.get("GOMP_SPINCOUNT")
