"""Models by names to tell them apart."""

import json

import pytest
import torch

from converters.errors import InputError, WeightsError
from pt_gmvp.ensemble import WeightFile, load_models


def test_names_are_folders_or_paths(small, tmp_path):
    folders = [tmp_path / "a" / "model", tmp_path / "b" / "model", tmp_path / "other"]
    for folder in folders:
        small().save_pretrained(folder)
    assert list(load_models(folders[1:])) == ["model", "other"]
    assert list(load_models(folders)) == [str(folder) for folder in folders]
    with pytest.raises(InputError, match="model: given twice; give each model once"):
        load_models([folders[0], folders[0].parent / "." / "model"])


def test_files_of_the_original_are_models_too(golden, drawn_model, small, tmp_path):
    config = golden / "ensemble_config.json"
    small().save_pretrained(tmp_path / "folder")
    loaded = load_models([WeightFile(golden / "ensemble_21.h5", config), tmp_path / "folder"])
    assert list(loaded) == ["ensemble_21.h5", "folder"]
    model = loaded["ensemble_21.h5"]
    assert not model.training
    same = drawn_model(json.loads(config.read_text())["model"], 21, torch.float32).state_dict()
    assert all(torch.equal(same[name], array) for name, array in model.state_dict().items())
    with pytest.raises(WeightsError):
        load_models([WeightFile(golden / "model_dot_cov_spe.h5", config)])
