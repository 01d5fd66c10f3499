import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from legacy_tf import config as reference
from pt_gmvp.config import (
    TRANSFER_DEFAULTS,
    ConfigError,
    ModelConfig,
    TrainingConfig,
    load_config,
    load_training_config,
)


def test_defaults_are_the_released_ones() -> None:
    assert ModelConfig().to_dict() == {
        "dropout_rate": 0.4,
        "attn_score_type": "add",
        "pairwise_type": "cov",
        "weighting_schema": "spe",
        "d_fc": 512,
        "d_model": 512,
        "num_heads": 4,
        "pairwise_norm": "released",
    }


def test_the_originals_file_is_read(golden: Path) -> None:
    assert load_config(golden / "ensemble_config.json") == ModelConfig(d_fc=32, d_model=32)


def test_other_sections_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"training": {"lr": 1}, "model": {"d_model": 8}}))
    assert load_config(path) == ModelConfig(d_model=8)


def test_it_goes_to_a_dict_and_back() -> None:
    config = ModelConfig(attn_score_type="nn", pairwise_norm="paper", d_model=12, num_heads=3)
    assert ModelConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"d_modle": 8}, "unknown model key 'd_modle'; did you mean 'd_model'?"),
        (
            {"zzz": 8},
            "unknown model key 'zzz'; known: dropout_rate, attn_score_type, pairwise_type, "
            "weighting_schema, d_fc, d_model, num_heads, pairwise_norm",
        ),
        ({"attn_score_type": "mul"}, "attn_score_type is 'mul'; allowed: add, nn, dot"),
        (
            {"pairwise_type": ["cov"]},
            "pairwise_type is ['cov']; allowed: none, fre, cov, cov_all, inv_cov",
        ),
        ({"d_fc": 8.0}, "d_fc is 8.0; allowed: a whole number, 1 or more"),
        ({"num_heads": True}, "num_heads is True; allowed: a whole number, 1 or more"),
        ({"dropout_rate": 1}, "dropout_rate is 1; allowed: a number from 0 to below 1"),
        (
            {"dropout_rate": float("nan")},
            "dropout_rate is nan; allowed: a number from 0 to below 1",
        ),
        ({"d_model": 10}, "d_model is 10, which is not a multiple of num_heads 4"),
        ([], "the model configuration is []; expected keys with values"),
    ],
)
def test_what_is_refused(values: Any, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        ModelConfig.from_dict(values)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory; expected a JSON file"),
        (
            "{",
            "not JSON (Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1))",
        ),
        ("[1]", 'no "model" section; expected {"model": {"d_model": 512, ...}}'),
        ('{"model": 3}', 'no "model" section; expected {"model": {"d_model": 512, ...}}'),
        ('{"model": {"d_fc": 0}}', "d_fc is 0; allowed: a whole number, 1 or more"),
    ],
)
def test_what_is_refused_in_a_file(content: str | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(refused.value) == f"{path}: {message}"


def test_the_training_keys_and_defaults_are_the_references(tmp_path: Path) -> None:
    assert TrainingConfig().to_dict() == asdict(reference.TrainingConfig())
    assert TRANSFER_DEFAULTS == reference.TRANSFER_DEFAULTS
    path = tmp_path / "config.json"
    contents: list[dict[str, dict[str, int]]] = [
        {"model": {}},
        {"model": {}, "training": {"batch_size": 3, "patience": 9}},
    ]
    for content in contents:
        path.write_text(json.dumps(content))
        for transfer in (False, True):
            ours = load_training_config(path, transfer).to_dict()
            assert ours == asdict(reference.load_training_config(path, transfer))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"decay_step": 8}, "unknown training key 'decay_step'; did you mean 'decay_steps'?"),
        (
            {"zzz": 8},
            "unknown training key 'zzz'; known: optimizer, learning_rate, end_learning_rate, "
            "warmup_steps, decay_steps, weight_decay, batch_size, max_epochs, patience, monitor",
        ),
        ({"optimizer": "sgd"}, "optimizer is 'sgd'; allowed: adam, adamw"),
        ({"optimizer": ["adam"]}, "optimizer is ['adam']; allowed: adam, adamw"),
        ({"monitor": "accuracy"}, "monitor is 'accuracy'; allowed: loss, auroc"),
        ({"learning_rate": 0}, "learning_rate is 0; allowed: a number above 0"),
        ({"learning_rate": float("inf")}, "learning_rate is inf; allowed: a number above 0"),
        ({"end_learning_rate": -1}, "end_learning_rate is -1; allowed: a number, 0 or more"),
        ({"weight_decay": "0"}, "weight_decay is '0'; allowed: a number, 0 or more"),
        ({"batch_size": True}, "batch_size is True; allowed: a whole number, 1 or more"),
        ({"warmup_steps": 1.0}, "warmup_steps is 1.0; allowed: a whole number, 0 or more"),
        ({"patience": 0}, "patience is 0; allowed: a whole number, 1 or more"),
        ([], "the training configuration is []; expected keys and values"),
    ],
)
def test_what_is_refused_of_training(values: Any, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        TrainingConfig.from_dict(values)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory; expected a JSON file"),
        ("{", "not JSON (Expecting property name"),
        ('{"model": {}, "trainig": {}}', "unknown section 'trainig'; did you mean 'training'?"),
        ('{"model": {}, "training": 3}', "the training configuration is 3; expected keys"),
        ('{"training": {"patience": 0}}', "patience is 0; allowed: a whole number, 1 or more"),
    ],
)
def test_what_is_refused_of_training_in_a_file(
    content: str | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError) as refused:
        load_training_config(path)
    assert str(refused.value).startswith(f"{path}: {message}")
