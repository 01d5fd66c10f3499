"""What every test may use: where the golden files, the shipped records and the real data lie."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import settings

# Two processes share two cores: threads that spin while they wait double the time.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# Examples that do not change from run to run, and no verdict on how busy the machine is.
settings.register_profile("seeded", deadline=None, derandomize=True)
settings.load_profile("seeded")

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
MODEL_CASES = (
    "model_add_cov_spe",
    "model_nn_cov_spe",
    "model_dot_cov_spe",
    "model_add_cov_none",
    "model_add_fre_spe",
    "model_add_cov_spe_512",
    "real/model_add_cov_spe",
)
SHIPPED_RECORDS = TESTS.parent / "parity" / "ports" / "gmvp" / "data" / "TP53_PTEN.tfrec"


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of values made by the original program."""
    return GOLDEN


@pytest.fixture(scope="session")
def shipped_records() -> Path:
    """The ten TP53 and PTEN records that ship with the project."""
    return SHIPPED_RECORDS


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real alignments, where GMVP_REAL_DATA names one."""
    folder = os.environ.get("GMVP_REAL_DATA")
    if not folder:
        pytest.skip("GMVP_REAL_DATA is not set: the real alignments are not part of the project")
    return Path(folder)


def _load(path: Path) -> ModuleType:
    """A module by its file: the tests are no package, and the golden folder stays as it came."""
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def assert_rounding() -> Callable[..., None]:
    """The check that a difference from a golden value is rounding; see rounding.py."""
    return _load(TESTS / "rounding.py").assert_rounding


@pytest.fixture(scope="session")
def draw() -> Callable[..., np.ndarray]:
    """The recipe by which the golden weights were drawn: name, shape, seed -> float32 array."""
    return _load(GOLDEN / "recipe.py").draw


@pytest.fixture(scope="session", params=MODEL_CASES)
def model_case(request: pytest.FixtureRequest) -> str:
    """The name of each golden model in turn; `real/` before those of the real alignments."""
    return request.param


@dataclass(frozen=True)
class Done:
    """What one `parity` command of several came to."""

    code: int
    stdout: str
    stderr: str


_IN_TURN = """
import contextlib, io, json, runpy, sys
from pathlib import Path
import parity.cli

done = []
for step in json.loads(sys.stdin.read()):
    for name, text in step["files"].items():
        Path(name).write_text(text)
    sys.argv = ["parity", *step["arguments"]]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            if step["arguments"][0] == "python":
                sys.path.insert(0, ".")
                runpy.run_path(step["arguments"][1], run_name="__main__")
            else:
                parity.cli.main()
        except SystemExit as end:
            code = end.code or 0
    done.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(done))
"""


@pytest.fixture(scope="session")
def in_turn() -> Callable[..., list[Done]]:
    """Runs `parity` commands one after another in one other process, as its user would.

    Takes the folder and steps of (files to write before, arguments); a step that begins with
    "python" runs a script. One process, as each would
    load TensorFlow anew.
    """

    def run(folder: Path, steps: list[tuple[dict[str, str], list[str]]]) -> list[Done]:
        given = [{"files": files, "arguments": arguments} for files, arguments in steps]
        result = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _IN_TURN],
            input=json.dumps(given),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
        )
        assert result.returncode == 0, result.stderr
        return [Done(*each) for each in json.loads(result.stdout.splitlines()[-1])]

    return run
