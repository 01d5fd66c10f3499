import h5py
import numpy as np
import pytest

from converters.errors import WeightsError
from converters.weights.conversion import as_float32, read_weights
from converters.weights.keras_h5 import write_keras_h5
from converters.weights.model_dir import read_model_dir, write_model_dir
from converters.weights.sources import Tensor
from converters.weights.state_dict import to_canonical, to_state_dict

SMALL = {"d_fc": 24, "d_model": 16, "num_heads": 2}


@pytest.fixture
def edited(golden_weights, tmp_path):
    """A golden file with one dataset replaced."""

    def make(change, number=0):
        path, _, _ = golden_weights["ensemble_21"]
        copy = tmp_path / "edited.h5"
        copy.write_bytes(path.read_bytes())
        with h5py.File(copy, "r+") as file:
            group = file[file.attrs["layer_names"][0]]
            name = group.attrs["weight_names"][number]
            values = group[name][()]
            del group[name]
            group.create_dataset(name, data=change(values))
        return copy

    return make


@pytest.mark.parametrize(
    "case",
    ["model_add_cov_spe", "model_nn_cov_spe", "model_dot_cov_spe", "model_add_cov_none"],
)
def test_h5_to_safetensors_to_h5_is_bitwise(case, golden_weights, tmp_path, assert_same):
    path, config, expected = golden_weights[case]
    made = read_weights(path)
    assert_same(made.canonical, expected)
    state = to_state_dict(made.canonical, made.config)
    write_model_dir(tmp_path / "model", state, made.config, {})
    held, read_config = read_model_dir(tmp_path / "model")
    assert read_config == made.config
    assert_same(to_canonical(held, config), expected)
    again = read_weights(tmp_path / "model")
    write_keras_h5(tmp_path / "back.h5", again.canonical, again.config)
    assert_same(read_weights(tmp_path / "back.h5").canonical, expected)


def test_a_configuration_that_does_not_fit_names_the_settings(golden_weights):
    path, config, _ = golden_weights["ensemble_21"]
    with pytest.raises(WeightsError) as caught:
        read_weights(path, {**config, "d_model": 64, "weighting_schema": "none"})
    assert str(caught.value).endswith(
        "the configuration does not fit these weights: weighting_schema is none, but the shapes say"
        " spe, d_model is 64, but the shapes say 32"
    )
    assert caught.value.rows


def test_dot_weights_under_an_add_configuration_are_refused(golden_weights):
    path, config, _ = golden_weights["model_dot_cov_spe"]
    with pytest.raises(WeightsError, match="belongs to attn_score_type dot"):
        read_weights(path, {**config, "attn_score_type": "add"})


def test_exact_float64_and_float16_are_taken(edited, golden_weights, assert_same):
    _, _, expected = golden_weights["ensemble_21"]
    made = read_weights(edited(lambda values: values.astype(np.float64)))
    assert_same(made.canonical, expected)
    assert made.warnings == []
    assert made.dtypes["variant_encoding/kernel"] == "float64"
    half = read_weights(edited(lambda values: values.astype(np.float16)))
    assert half.warnings == []


def test_float64_that_must_be_rounded_is_said(edited):
    made = read_weights(edited(lambda values: values.astype(np.float64) + 1e-12))
    (warning,) = made.warnings
    assert "dense/kernel:0: float64, 2912 of 2912 values rounded to float32" in warning


def test_nan_weights_are_said(edited):
    made = read_weights(edited(lambda values: np.where(values > 0.2, np.nan, values)))
    assert "values are NaN or infinite" in made.warnings[0]


@pytest.mark.parametrize(
    ("array", "problem"),
    [
        (np.zeros(2, np.int64), "w: dtype int64, expected float32"),
        (np.zeros(2, bool), "w: dtype bool, expected float32"),
        (np.array([1e300]), "w: float64 values too large for float32"),
    ],
)
def test_what_float32_cannot_hold_is_refused(array, problem):
    with pytest.raises(WeightsError) as caught:
        as_float32(Tensor("w", array, "", "w"), [])
    assert str(caught.value) == problem


def test_big_endian_weights_keep_their_values():
    array = np.arange(6, dtype=">f4").reshape(2, 3)
    found = as_float32(Tensor("w", array, "", "w"), [])
    assert found.dtype == np.dtype("<f4")
    np.testing.assert_array_equal(found, array)
