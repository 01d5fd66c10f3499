import pytest

from converters.model_config import DEFAULTS, ConfigError, complete, read_config


def test_defaults_are_the_released_models():
    assert complete({}) == DEFAULTS
    assert complete({"d_fc": 32})["d_fc"] == 32


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"d_modle": 3}, "unknown model key 'd_modle'; did you mean 'd_model'?"),
        ({"attn_score_type": "sum"}, "attn_score_type is 'sum'; allowed: add, nn, dot"),
        ({"d_fc": "512"}, "d_fc is '512'; allowed: a whole number, 1 or more"),
        ({"d_fc": True}, "d_fc is True; allowed: a whole number, 1 or more"),
        ({"num_heads": 5}, "d_model is 512, which is not a multiple of num_heads 5"),
        ({"dropout_rate": 1.5}, "dropout_rate is 1.5; allowed: a number from 0 to below 1"),
        ({"pairwise_norm": None}, "pairwise_norm is None; allowed: released, paper"),
    ],
)
def test_what_is_wrong_is_named(config, message):
    with pytest.raises(ConfigError) as caught:
        complete(config)
    assert str(caught.value) == message


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"model": 3}', "{", "\xff"])
def test_files_that_are_no_configuration(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content, "latin-1")
    with pytest.raises(ConfigError, match=r"config\.json: "):
        read_config(path)


def test_the_originals_file_is_read(golden):
    config = complete(read_config(golden / "ensemble_config.json"))
    assert (config["d_fc"], config["pairwise_norm"]) == (32, "released")
