"""What every test may use: where the golden files, the shipped records and the real data lie."""

import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
GOLDEN = TESTS / "golden"
SHIPPED_RECORDS = TESTS.parent / "parity" / "ports" / "data" / "TP53_PTEN.tfrec"


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
