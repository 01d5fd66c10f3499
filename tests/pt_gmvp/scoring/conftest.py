"""Small models, matrices of proteins of awkward lengths, and `gmvp score` on them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from converters.features.files import save_matrix
from pt_gmvp.model import GMVP

LENGTHS = (1, 2, 64, 65, 128, 129, 130)
"""Around half a window and a whole one, which is 129."""
FEW = (1, 2, 3, 5, 8, 13, 21)
"""Scored in no time, for what is run again and again."""


@pytest.fixture(scope="session")
def protein(pten: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Makes a matrix of a length by a seed: rows of PTEN's, every tenth residue an X."""

    def make(length: int, seed: int) -> np.ndarray:
        rows = np.random.default_rng(seed).integers(len(pten), size=length)
        matrix = pten[rows].copy()
        matrix[9::10, 0] = 20
        return matrix

    return make


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, small: Callable[..., GMVP]) -> list[Path]:
    """Two small models in their folders."""
    folders = [tmp_path_factory.mktemp("models") / name for name in ("one", "two")]
    for seed, folder in enumerate(folders):
        small(seed, d_fc=8, d_model=8).float().save_pretrained(folder)
    return folders


@pytest.fixture(scope="session")
def features(
    tmp_path_factory: pytest.TempPathFactory, protein: Callable[[int, int], np.ndarray]
) -> Path:
    """A folder of matrices, T<length>, one of them a pickle."""
    return write_matrices(tmp_path_factory.mktemp("features"), protein, LENGTHS)


@pytest.fixture(scope="session")
def few(
    tmp_path_factory: pytest.TempPathFactory, protein: Callable[[int, int], np.ndarray]
) -> Path:
    """The same with short proteins."""
    return write_matrices(tmp_path_factory.mktemp("few"), protein, FEW)


def write_matrices(
    folder: Path, protein: Callable[[int, int], np.ndarray], lengths: tuple[int, ...]
) -> Path:
    for length in lengths:
        suffix = "pickle" if length in (13, 64) else "npy"
        save_matrix(folder / f"T{length}.{suffix}", protein(length, length))
    return folder


@pytest.fixture
def own_features(few: Path, tmp_path: Path) -> Path:
    """The short proteins, for one test to change."""
    own = tmp_path / "features"
    own.mkdir()
    for path in few.iterdir():
        (own / path.name).hardlink_to(path)
    return own


@pytest.fixture(scope="session")
def score(start: Callable[..., Any], models: list[Path], few: Path) -> Callable[..., Any]:
    """Starts `gmvp score` on short proteins, on the CPU: (out, further arguments, see `start`)."""

    def run(out: Path, *arguments: object, **how: object) -> Any:
        given = [str(argument) for argument in arguments]
        usual = {"--features": few, "--device": "cpu"}
        options = [x for name, value in usual.items() if name not in given for x in (name, value)]
        if "--model" not in given:
            options += [x for folder in models for x in ("--model", folder)]
        return start("score", *options, "-o", out, *arguments, **how)

    return run


@pytest.fixture(scope="session")
def undisturbed(score: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The table of a whole run that nothing disturbed."""
    out = tmp_path_factory.mktemp("undisturbed") / "out.tsv"
    run = score(out)
    assert run.wait() == [0], run.stderr()
    return out.read_bytes()
