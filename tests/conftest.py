"""What every test may use: where the golden files, the shipped records and the real data lie."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import settings

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
