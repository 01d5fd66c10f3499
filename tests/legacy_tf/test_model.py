import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from legacy_tf.config import ConfigError, ModelConfig
from legacy_tf.model import GMVP, build
from legacy_tf.optim import loss as mean_loss
from legacy_tf.weights import WeightsError

SMALL = ModelConfig(d_fc=8, d_model=8, num_heads=2)
# Of these intermediates the golden files keep every 16th position only.
THINNED = ("evol_encoder/pairwise", "pairwise_encoding", "neighbor_encoding")


def forward_and_gradients(case, dtype):
    """Every intermediate, the loss, and every gradient with its norm, by golden names."""
    model = case.model(dtype)
    weights = model.canonical_weights()
    inputs, labels = case.inputs, case.batch["label"]

    # In a graph, as the release always is: eagerly, gradients that all but cancel round worse.
    @tf.function
    def run():
        with tf.GradientTape() as tape:
            intermediates = model.trace(*inputs)
            loss = mean_loss(intermediates["logit"], labels)
        return intermediates, loss, tape.gradient(loss, list(weights.values()))

    intermediates, loss, gradients = run()
    found = {"out/loss": loss.numpy()}
    for name, value in intermediates.items():
        found[f"out/{name}"] = value.numpy()[:, ::16] if name in THINNED else value.numpy()
    for name, gradient in zip(weights, gradients, strict=True):
        found[f"grad/{name}"] = gradient.numpy()
        norm = np.linalg.norm(gradient.numpy().astype(np.float64))
        found[f"gradnorm/{name}"] = norm.astype(dtype)
    return found


@pytest.mark.slow
def test_every_intermediate_the_loss_and_every_gradient_are_the_originals(case, assert_archive):
    wanted = {name: v for name, v in case.archive.items() if not name.startswith("train/")}
    assert sum(name.startswith("grad") for name in wanted) == len(case.manifest["weights"])
    ours32, ours64 = (forward_and_gradients(case, dtype) for dtype in ("float32", "float64"))
    assert_archive(wanted, ours32, ours64)


def test_canonical_weights_are_in_the_order_of_keras_and_of_the_manifest(case):
    model = build(case.config)
    named = model.canonical_weights()
    shapes = {name: list(weight.shape) for name, weight in named.items()}
    assert list(shapes.items()) == list(case.manifest["weights"].items())
    assert all(a is b for a, b in zip(named.values(), model.weights, strict=True))


def test_all_of_the_model_is_float64_where_asked(default_case):
    model = default_case.model("float64")
    assert {weight.dtype for weight in model.weights} == {tf.float64}
    assert {intermediate.dtype for intermediate in model.trace(*default_case.inputs).values()} == {
        tf.float64
    }


@pytest.mark.parametrize("score", ["add", "nn", "dot"])
@pytest.mark.parametrize("weighting", ["spe", "none"])
@pytest.mark.parametrize("norm", ["released", "paper"])
def test_every_configuration_runs(score, weighting, norm, default_case):
    config = ModelConfig(0.4, score, "cov", weighting, d_fc=8, d_model=12, pairwise_norm=norm)
    logits = build(config)(*default_case.inputs)
    assert logits.shape == (10,)
    assert np.isfinite(logits).all()


@pytest.mark.parametrize("pairwise_type", ["none", "cov_all"])
def test_a_pairwise_type_of_which_no_model_can_be_made(pairwise_type):
    with pytest.raises(ConfigError) as refusal:
        GMVP(ModelConfig(pairwise_type=pairwise_type))
    assert str(refusal.value) == (
        f"model.pairwise_type is '{pairwise_type}', which only the EvolEncoder itself supports; "
        "a whole model allows one of fre, cov, inv_cov"
    )


def test_trace_and_call_are_one_computation(small_model, default_case):
    intermediates = small_model.trace(*default_case.inputs)
    assert np.array_equal(intermediates["logit"], small_model(*default_case.inputs))
    assert list(intermediates)[:2] == ["evol_encoder/frequencies", "evol_encoder/pairwise"]
    assert list(intermediates)[-4:] == ["mha", "gru", "logit", "probability"]


def test_eager_calls_do_not_depend_on_earlier_ones(small_model, default_case):
    expected = small_model(*default_case.inputs).numpy()
    few = tuple(array[:3] for array in default_case.inputs)
    dropped = [small_model(*few, training=True).numpy() for _ in range(2)]
    assert not np.array_equal(*dropped)
    assert np.array_equal(small_model(*default_case.inputs), expected)


def test_given_dropout_masks_reach_the_gru_cell(small_model, default_case):
    keep = (np.ones((3, 10, 32)), np.ones((3, 10, 32)))
    drop = (np.zeros((3, 10, 32)), np.ones((3, 10, 32)))
    expected = small_model(*default_case.inputs).numpy()
    assert np.array_equal(small_model(*default_case.inputs, training=True, masks=keep), expected)
    assert not np.allclose(small_model(*default_case.inputs, masks=drop), expected)


def test_residues_out_of_range_count_as_none(small_model, default_case):
    _, alt_aa, feature, mask = default_case.inputs
    logits = [small_model(np.full(10, residue), alt_aa, feature, mask) for residue in (20, -1, 99)]
    assert np.array_equal(logits[0], logits[1])
    assert np.array_equal(logits[0], logits[2])


def test_a_masked_neighbor_does_not_matter_but_to_the_pairs_of_the_center(
    small_model, default_case
):
    ref_aa, alt_aa, feature, mask = (array.copy() for array in default_case.inputs)
    mask[:, 100:] = 1
    expected = small_model(ref_aa, alt_aa, feature, mask).numpy()
    feature[:, 100:] = 7
    assert np.array_equal(small_model(ref_aa, alt_aa, feature, mask), expected)


def test_weights_of_the_original_load_by_order_as_they_are(golden_case, draw):
    # Its automatic names are shifted: dense_18 is the first of this file.
    case = golden_case("model_dot_cov_spe")
    model = build(case.config)
    model.load_weights(case.weight_file)
    for name, weight in model.canonical_weights().items():
        drawn = draw(name, tuple(weight.shape), case.manifest["seed"])
        assert np.array_equal(weight, drawn), name


@pytest.mark.parametrize(
    "name",
    [
        "model_add_cov_spe",
        "model_nn_cov_spe",
        "model_add_cov_none",
        "model_add_fre_spe",
        "real/model_add_cov_spe",
    ],
)
def test_weights_in_the_files_are_those_drawn(name, golden_case):
    case = golden_case(name)
    loaded, drawn = build(case.config), case.model("float32")
    loaded.load_weights(str(case.weight_file))
    for ours, theirs in zip(drawn.weights, loaded.weights, strict=True):
        assert np.array_equal(ours, theirs)


def test_saved_weights_have_the_structure_of_the_originals(tmp_path, default_case, small_model):
    h5py = pytest.importorskip("h5py")

    def structure(path):
        with h5py.File(path) as file:
            layers = [layer.rstrip("_0123456789") for layer in file.attrs["layer_names"]]
            names = [
                [_without_numbers(name) for name in file[layer].attrs["weight_names"]]
                for layer in file.attrs["layer_names"]
            ]
            return layers, names, sorted(map(_without_numbers, file)), list(file.attrs)

    small_model.save_weights(tmp_path / "epoch-1.h5")
    assert structure(tmp_path / "epoch-1.h5") == structure(default_case.weight_file)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-1.h5"]
    again = build(default_case.config)
    again.load_weights(tmp_path / "epoch-1.h5")
    for ours, theirs in zip(small_model.weights, again.weights, strict=True):
        assert np.array_equal(ours, theirs)


def _without_numbers(name):
    import re

    # The 2 of the co-evolution layer is part of its name.
    return re.sub(r"(?<!evol_encoder)_?\d+(?=[:/]|$)", "", name.replace(":0", ""))


def test_loading_before_building_is_a_clear_error(default_case):
    with pytest.raises(WeightsError, match=r"not built yet, so .*model_add_cov_spe\.h5 cannot"):
        GMVP(default_case.config).load_weights(default_case.weight_file)
    with pytest.raises(WeightsError, match="not built yet, so its weights do not exist; make it"):
        GMVP(default_case.config).canonical_weights()


def test_loading_by_name_is_refused(small_model, default_case):
    with pytest.raises(WeightsError, match="load by order"):
        small_model.load_weights(default_case.weight_file, by_name=True)


def test_initial_values_are_those_of_keras():
    tf_keras.utils.set_random_seed(1)
    weights = build(ModelConfig(d_fc=64, d_model=32)).canonical_weights()
    for name, weight in weights.items():
        value = weight.numpy()
        if name.endswith("bias") or name == "evol_encoder/species_weights":
            assert not value.any(), name
        elif name == "gru/recurrent_kernel":
            assert np.allclose(value @ value.T, np.eye(32), atol=1e-5)
        else:
            *field, fan_in, fan_out = value.shape
            limit = np.sqrt(6 / (np.prod(field) * (fan_in + fan_out)))
            assert limit * 0.5 < np.abs(value).max() <= limit, name


def test_the_released_configuration_file_is_read_as_it_is(golden, small_model):
    config = json.loads((golden / "ensemble_config.json").read_text())["model"]
    assert ModelConfig.from_dict(config) == small_model.config
