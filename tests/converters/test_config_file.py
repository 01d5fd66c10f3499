import json

import pytest

from converters.config_file import ConfigError, read_config_file
from converters.model_config import DEFAULTS, complete, read_config

RELEASED = {
    "train": {
        "opt": "adamw",
        "model_type": "attention",
        "#model_type": "dnn",
        "batch_size": 64,
        "learning_rate": 2e-3,
        "end_learning_rate": 1e-5,
        "warmup_steps": 50,
        "decay_steps": 500,
        "weight_decay_rate": 1e-3,
        "epoch": 512,
        "seed": 2020,
        "train_dir": "./res",
    },
    "#model": {"d_model": 1},
    "model": {
        "#d_fc": 512,
        "d_fc": 64,
        "d_model": 64,
        "rate": 0.0,
        "maximum_position_encoding": 1024,
    },
    "input": {
        "base_dir": "tf",
        "train": "train_r0",
        "test": {"#BRCA1": "x", "BRCA1": "brca1"},
        "denovo": {"cases": "cases"},
    },
}


@pytest.fixture
def write(tmp_path):
    def written(content):
        path = tmp_path / "config.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return written


def test_the_originals_file_is_read_without_comments_and_what_nothing_reads(write):
    found = read_config_file(write(RELEASED))
    assert found.sections["model"] == {"d_fc": 64, "d_model": 64}
    assert found.sections["input"] == {"base_dir": "tf", "train": "train_r0"}
    assert "#model" not in found.sections
    assert "#model_type" not in found.sections["train"]
    assert found.note() == (
        f"{found.path}: without effect, as nothing reads it: train.epoch, train.seed, "
        "train.train_dir, model.rate, model.maximum_position_encoding, input.test, input.denovo"
    )


def test_its_model_is_a_whole_one(write):
    assert complete(read_config(write(RELEASED))) == DEFAULTS | {"d_fc": 64, "d_model": 64}


def test_a_file_whose_keys_all_count_has_no_note(write):
    assert read_config_file(write({"model": {"d_fc": 8}, "training": {}})).note() is None
    assert read_config_file(write("[1]")).sections == {}


def test_a_byte_order_mark_is_no_content(write, tmp_path):
    path = write("")
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(RELEASED).encode())
    assert read_config_file(path).sections["model"]["d_fc"] == 64


def test_keys_given_twice_and_unknown_sections_are_named(write):
    path = write('{"model": {"d_fc": 8, "d_fc": 16, "#a": 1, "#a": 2}, "paths": {}}')
    found = read_config_file(path)
    assert found.sections["model"] == {"d_fc": 16}
    assert found.note(["input"]) == (
        f"{path}: without effect, as nothing reads it: section paths, input; "
        "given twice, the last value counts: d_fc"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"train": {"lerning_rate": 1}}, "unknown train key 'lerning_rate'; did you mean 'learn"),
        ({"train": {"optimizer": "adam"}}, "unknown train key 'optimizer'; known: opt, learning_"),
        ({"train": {"model_type": "dnn"}}, "model_type is 'dnn'; allowed: attention"),
        ({"train": {"model_type": None}}, "model_type is None; allowed: attention"),
        ({"input": {"basedir": "x"}}, "unknown input key 'basedir'; did you mean 'base_dir'?"),
        (
            {"model": {"maximum_position_encodings": 9}},
            "unknown model key 'maximum_position_encodings'; did you mean 'maximum_position_enco",
        ),
        ({"inputs": {}}, "unknown section 'inputs'; did you mean 'input'?"),
        ({"train": {}, "training": {}}, "has both a section train, as the original, and a sec"),
        ("{", "not JSON ("),
    ],
)
def test_what_looks_misspelt_is_refused(write, content, message):
    path = write(content)
    with pytest.raises(ConfigError) as refused:
        read_config_file(path)
    assert str(refused.value).startswith(f"{path}: {message}")
