"""Shared fixtures: the original's inputs, and relatives of a sequence."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from converters.residues import AMINO_ACIDS

TP53, PTEN = "ENST00000269305", "ENST00000371953"


@pytest.fixture(scope="session")
def raw(golden) -> Path:
    """The folder of the original's inputs for TP53 and PTEN."""
    return golden / "raw" / "feature"


@pytest.fixture
def pten(raw, tmp_path) -> Path:
    """A folder of its own with PTEN's four inputs, to be changed."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for path in raw.glob(f"{PTEN}.*"):
        shutil.copy(path, folder / path.name)
    return folder


@pytest.fixture(scope="session")
def relatives() -> Callable[..., list[str]]:
    """Return a function that draws a query and relatives of it, as letters."""
    return _relatives


def _relatives(number: int, seed: int = 0, length: int = 60) -> list[str]:
    """Draw a query and `number` relatives, further and further away, each once."""
    random = np.random.default_rng(seed)
    query = random.integers(0, 20, length)
    rows = [query]
    for n in range(number):
        row = query.copy()
        changed = random.random(length) < 0.05 + 0.5 * n / number
        row[changed] = random.integers(0, 20, changed.sum())
        row[n % length] = (query[n % length] + 1 + n // length) % 20  # never the query itself
        rows.append(row)
    return ["".join(AMINO_ACIDS[c] for c in row) for row in rows]
