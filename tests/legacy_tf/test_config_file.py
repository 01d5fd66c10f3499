import json

import pytest

import converters.config_file
import legacy_tf.config_file
from legacy_tf.config import load_config, load_training_config
from legacy_tf.config_file import ConfigError, read_config_file
from pt_gmvp.config import load_config as load_port_config
from pt_gmvp.config import load_training_config as load_port_training_config

RELEASED = {
    "train": {
        "opt": "adamw",
        "model_type": "attention",
        "#opt": "sgd",
        "batch_size": 16,
        "learning_rate": 2e-3,
        "end_learning_rate": 1e-5,
        "warmup_steps": 50,
        "decay_steps": 500,
        "weight_decay_rate": 1e-3,
        "epoch": 512,
        "seed": 2020,
        "train_dir": "./res",
    },
    "model": {"d_fc": 64, "d_model": 64, "rate": 0.0, "maximum_position_encoding": 1024},
    "input": {"train": "a*", "validate": "b*", "test": "c*"},
}


@pytest.fixture
def write(tmp_path):
    def written(content):
        path = tmp_path / "config.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return written


def test_both_programs_know_the_same_keys():
    for name in ("TRAIN_KEYS", "MODEL_TYPE", "INPUT_KEYS", "UNREAD"):
        assert getattr(legacy_tf.config_file, name) == getattr(converters.config_file, name)


@pytest.mark.parametrize("transfer", [False, True])
def test_both_programs_read_the_releases_file_alike(write, transfer):
    path = write(RELEASED)
    assert vars(load_config(path)) == vars(load_port_config(path))
    ours = vars(load_training_config(path, transfer))
    assert ours == vars(load_port_training_config(path, transfer))
    assert (ours["optimizer"], ours["weight_decay"], ours["batch_size"]) == ("adamw", 1e-3, 16)
    assert ours["monitor"] == ("auroc" if transfer else "loss")
    both = [
        module.read_config_file(path) for module in (legacy_tf.config_file, converters.config_file)
    ]
    assert both[0].note(["x"]) == both[1].note(["x"])
    assert both[0].sections == both[1].sections


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"train": {"decay_step": 1}},
            "train has no key 'decay_step'; did you mean 'decay_steps'?",
        ),
        ({"train": {"model_type": "dnn"}}, "train.model_type is 'dnn'; allowed is attention"),
        ({"input": {"tst": "x"}}, "input has no key 'tst'; did you mean 'test'?"),
        ({"model": {"rates": 0}}, "model has no key 'rates'; did you mean 'rate'?"),
        ({"trian": {}}, "has no section 'trian'; did you mean 'train'?"),
        ({"train": {}, "training": {}}, "has both a section train, as the release, and a sec"),
    ],
)
def test_what_looks_misspelt_is_refused(write, content, message):
    path = write(content)
    with pytest.raises(ConfigError) as refused:
        read_config_file(path)
    assert str(refused.value).startswith(f"{path}: {message}")


def test_a_wrong_value_is_named_as_the_file_names_it(write):
    path = write({"train": {"opt": "sgd"}})
    with pytest.raises(ConfigError, match=r"json: train\.opt is 'sgd'; allowed is one of adam, "):
        load_training_config(path)
    with pytest.raises(Exception, match=r"json: opt is 'sgd'; allowed: adam, adamw"):
        load_port_training_config(path)
