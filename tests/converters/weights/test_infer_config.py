import pytest

from converters.errors import WeightsError
from converters.model_config import ConfigError
from converters.weights.infer_config import infer_config, parse_settings
from converters.weights.keras_h5 import read_keras_h5
from converters.weights.sources import Source


@pytest.mark.parametrize(
    "case",
    ["model_add_cov_spe", "model_nn_cov_spe", "model_dot_cov_spe", "model_add_cov_none"],
)
def test_settings_are_read_off_the_shapes(case, golden_weights):
    path, config, _ = golden_weights[case]
    found = infer_config(read_keras_h5(path), {})
    assert found.config == {**config, "pairwise_norm": "released"}
    told = "\n".join(found.notes)
    assert "dropout_rate is assumed to be 0.4: it cannot be seen" in told
    assert "pairwise_norm is assumed to be 'released'" in told
    assert ("the file calls the vector agg_" in told) == (case != "model_nn_cov_spe")


def test_441_columns_are_fre_or_inv_cov(golden_weights):
    path, _, _ = golden_weights["model_add_fre_spe"]
    with pytest.raises(ConfigError, match=r"pairwise_type \(fre or inv_cov\)"):
        infer_config(read_keras_h5(path), {})
    found = infer_config(read_keras_h5(path), {"pairwise_type": "inv_cov"})
    assert found.config["pairwise_type"] == "inv_cov"


def test_what_is_given_is_kept_and_not_called_inferred(golden_weights):
    path, _, _ = golden_weights["model_add_cov_spe"]
    found = infer_config(read_keras_h5(path), {"dropout_rate": 0.1, "pairwise_norm": "paper"})
    assert (found.config["dropout_rate"], found.config["pairwise_norm"]) == (0.1, "paper")
    assert "assumed" not in "\n".join(found.notes)


def test_shapes_of_no_such_model(golden_weights):
    path, _, _ = golden_weights["model_add_cov_spe"]
    source = read_keras_h5(path)
    short = Source(path, source.format, source.tensors[:-1], True, False)
    with pytest.raises(WeightsError, match="the table shows the differences") as caught:
        infer_config(short, {})
    assert [row.expected for row in caught.value.rows] == ["gru/bias 2 x 96"]
    few = Source(path, source.format, source.tensors[:2], True, False)
    with pytest.raises(WeightsError, match="its 2 arrays are not the weights of a gMVP model"):
        infer_config(few, {})


def test_settings_from_a_command_line():
    found = parse_settings(["d_fc=32", "dropout_rate=0.1", "pairwise_type=fre"])
    assert found == {"d_fc": 32, "dropout_rate": 0.1, "pairwise_type": "fre"}
    with pytest.raises(ConfigError, match="--set d_fc=x: expected a whole number"):
        parse_settings(["d_fc=x"])
    with pytest.raises(ConfigError, match="expected KEY=VALUE"):
        parse_settings(["d_fc"])
