"""The two configurations of docs/paper.md: both sides read them, and they differ as it says."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import legacy_tf.config
from converters.model_config import DEFAULTS, complete, read_config
from pt_gmvp import GMVP, ModelConfig, load_config
from pt_gmvp.analysis.coevolution.strength import coevolution

CONFIGS = Path(__file__).parents[2] / "docs" / "configs"


@pytest.mark.parametrize("name", ["released", "paper"])
def test_both_sides_read_the_same_from_it(name):
    path = CONFIGS / f"{name}.json"
    config = load_config(path)
    assert vars(legacy_tf.config.load_config(path)) == config.to_dict()
    assert complete(read_config(path)) == config.to_dict()
    training = legacy_tf.config.load_training_config(path)
    assert training == legacy_tf.config.TrainingConfig()


def test_the_released_one_is_the_default_in_the_original_s_seven_keys():
    assert load_config(CONFIGS / "released.json") == ModelConfig()
    keys = json.loads((CONFIGS / "released.json").read_text())["model"].keys()
    assert list(keys) == [key for key in DEFAULTS if key != "pairwise_norm"]


def test_the_paper_s_differs_in_what_the_table_says_and_in_nothing_else():
    paper, released = (load_config(CONFIGS / f"{n}.json").to_dict() for n in ("paper", "released"))
    differing = {key for key in paper if paper[key] != released[key]}
    assert differing == {"weighting_schema", "pairwise_norm"}
    table = (CONFIGS.parent / "paper.md").read_text()
    assert all(f"`{key}`" in table for key in differing)


def test_the_paper_s_model_has_the_paper_s_strengths():
    """Its EvolEncoder's last column, by the formula: s_n = 1/M, the norm over amino acids."""
    torch.manual_seed(0)
    encoder = GMVP(load_config(CONFIGS / "paper.json")).evol_encoder.double()
    assert not list(encoder.parameters())
    codes = np.random.default_rng(1).integers(0, 21, (200, 129))
    x = torch.zeros(1, 129, 400).double()
    x[0, :, :200] = torch.from_numpy(codes.T.astype(np.float64))
    found = encoder(x)[1][0, :, -1].detach().numpy()
    np.testing.assert_allclose(found, coevolution(codes, norm="paper")[64], rtol=1e-10)
    assert (np.abs(found - coevolution(codes)[64]) > 1e-3).all()
