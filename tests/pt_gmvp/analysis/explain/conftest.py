"""PTEN, the golden ensemble as the command's user has it, and one explanation."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.cli import app as convert
from converters.variants.changes import parse_variant
from pt_gmvp.analysis.explain.attention import explain
from pt_gmvp.ensemble import load_models

PTEN = "ENST00000371953"


@pytest.fixture(scope="session")
def ensemble(golden, tmp_path_factory) -> list[Path]:
    """The two golden models as folders."""
    folder = tmp_path_factory.mktemp("ensemble")
    paths = [folder / f"ensemble_{number}" for number in (21, 22)]
    for path in paths:
        source, config = golden / f"{path.name}.h5", golden / "ensemble_config.json"
        words = ["weights", str(source), "--config", str(config), "-o", str(path)]
        assert CliRunner().invoke(convert, words).exit_code == 0
    return paths


@pytest.fixture(scope="session")
def features(pten, tmp_path_factory) -> Path:
    """A folder with PTEN's feature matrix."""
    folder = tmp_path_factory.mktemp("features")
    np.save(folder / f"{PTEN}.npy", pten)
    return folder


@pytest.fixture(scope="session")
def padded(pten):
    """PTEN's matrix with an alignment of 31 sequences: 169 rows of padding, without counts."""
    matrix = pten.copy()
    matrix[:, 52:221] = 20
    matrix[:, 252:421] = 0
    matrix[:, 431:] = 0
    return matrix


@pytest.fixture(scope="session")
def half(ensemble, padded):
    """R130Q of PTEN by both models with that matrix."""
    stand_ins = {"counts": "neutral values"}
    return explain(load_models(ensemble), parse_variant(f"{PTEN} R130Q"), padded, stand_ins)


@pytest.fixture(scope="session")
def explained(ensemble, pten):
    """R130Q of PTEN by both models."""
    return explain(load_models(ensemble), parse_variant(f"{PTEN} R130Q"), pten)
