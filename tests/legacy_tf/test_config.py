import json

import pytest

from legacy_tf.config import (
    ConfigError,
    ModelConfig,
    TrainingConfig,
    load_config,
    load_training_config,
)


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_defaults_are_the_releases():
    assert ModelConfig.from_dict({}) == ModelConfig(0.4, "add", "cov", "spe", 512, 512, 4)
    assert ModelConfig().pairwise_norm == "released"


def test_the_originals_file_is_read_as_it_is(golden):
    assert load_config(golden / "ensemble_config.json") == ModelConfig(d_fc=32, d_model=32)


def test_other_sections_are_allowed(tmp_path):
    path = write(tmp_path / "c.json", {"model": {"d_fc": 8}, "paths": {"x": 1}})
    assert load_config(path).d_fc == 8


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_head": 4}, "model has no key 'num_head'; did you mean 'num_heads'?"),
        ({"zzz": 4}, "model has no key 'zzz'; known are dropout_rate, attn_score_type, "),
        ({"d_fc": "512"}, "model.d_fc is '512'; allowed is a positive whole number"),
        ({"d_fc": True}, "model.d_fc is True; allowed is a positive whole number"),
        ({"d_model": 0}, "model.d_model is 0; allowed is a positive whole number"),
        (
            {"dropout_rate": 1},
            "model.dropout_rate is 1; allowed is a number, at least 0 and below 1",
        ),
        ({"attn_score_type": ["add"]}, "is ['add']; allowed is one of add, nn, dot"),
        ({"pairwise_type": "Cov"}, "is 'Cov'; allowed is one of none, fre, cov, cov_all, inv_cov"),
        ({"weighting_schema": None}, "is None; allowed is one of spe, none"),
        ({"pairwise_norm": "l2"}, "is 'l2'; allowed is one of released, paper"),
        ({"d_model": 30}, "model.d_model is 30, which 4 heads (model.num_heads) cannot share"),
        ([], "model is a list; expected an object of names and values"),
    ],
)
def test_what_does_not_fit_is_named(values, message):
    with pytest.raises(ConfigError) as refusal:
        ModelConfig.from_dict(values)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"model": ', "is not JSON: "),
        ("[1]", 'expected an object {"model": {...}}, found [1]'),
        ({"modell": {}}, 'has no section "model"; found modell'),
        ({"model": {"d_fcc": 1}}, "model has no key 'd_fcc'; did you mean 'd_fc'?"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, message):
    path = write(tmp_path / "bad.json", content)
    with pytest.raises(ConfigError) as refusal:
        load_config(path)
    assert str(refusal.value).startswith(f"{path}: {message}")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.json: no such configuration file"):
        load_config(tmp_path / "none.json")


def test_what_the_training_section_leaves_out_is_the_releases(tmp_path):
    path = write(tmp_path / "c.json", {"model": {}, "training": {"decay_steps": 500}})
    plain, transfer = load_training_config(path), load_training_config(path, transfer=True)
    assert plain == TrainingConfig(decay_steps=500)
    assert (plain.batch_size, plain.warmup_steps, plain.monitor) == (512, 100, "loss")
    assert (transfer.batch_size, transfer.warmup_steps, transfer.monitor) == (32, 200, "auroc")
    assert transfer.decay_steps == 500


def test_a_bad_training_section_is_named(tmp_path):
    path = write(tmp_path / "c.json", {"model": {}, "training": {"monitor": "accuracy"}})
    with pytest.raises(ConfigError, match=r"c\.json: training\.monitor is 'accuracy'; allowed is"):
        load_training_config(path)
