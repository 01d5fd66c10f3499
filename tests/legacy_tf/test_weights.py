import numpy as np
import pytest

from legacy_tf import weights
from legacy_tf.config import ModelConfig
from legacy_tf.model import build
from legacy_tf.weights import WeightsError


@pytest.fixture(scope="module")
def model():
    return build(ModelConfig(d_fc=32, d_model=32))


def refusal(model, path):
    before = [weight.numpy() for weight in model.weights]
    with pytest.raises(WeightsError) as caught:
        model.load_weights(path)
    assert all(map(np.array_equal, before, model.weights)), "something was loaded all the same"
    return str(caught.value)


def test_the_layout_of_a_file_is_in_keras_order(golden, default_case):
    layout = weights.read_layout(golden / "model_dot_cov_spe.h5")
    assert layout[0] == ("dense_18/kernel:0", (91, 32))
    assert [shape for _, shape in layout[:9]] == [
        tuple(shape) for shape in list(default_case.manifest["weights"].values())[:9]
    ]


def test_a_missing_file(model, tmp_path):
    assert (
        refusal(model, tmp_path / "none.h5") == f"{tmp_path / 'none.h5'}: no such file of weights"
    )


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", None], ids=["empty", "text", "cut"])
def test_a_truncated_or_foreign_file(model, tmp_path, golden, content):
    path = tmp_path / "bad.h5"
    whole = (golden / "model_add_cov_spe.h5").read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    message = refusal(model, path)
    assert message.startswith(f"{path}: cannot be read as HDF5, perhaps truncated (")
    assert message.endswith("; expected a file that model.save_weights('....h5') wrote")
    assert "\n" not in message


def test_hdf5_without_weights(model, tmp_path):
    h5py = pytest.importorskip("h5py")
    h5py.File(tmp_path / "other.h5", "w").close()
    assert "is HDF5 but holds no Keras 2 weights" in refusal(model, tmp_path / "other.h5")


def test_weights_of_a_wider_model(tmp_path, model):
    build(ModelConfig(d_fc=16, d_model=32)).save_weights(tmp_path / "narrow.h5")
    message = refusal(model, tmp_path / "narrow.h5")
    assert "narrow.h5: holds the weights of another model: dense" in message
    assert "/kernel:0 is (91, 16), where this configuration has " in message
    assert "variant_encoding/kernel (91, 32); give the configuration it was trained" in message


def test_weights_of_another_pairwise_type(model, golden):
    message = refusal(model, golden / "model_add_fre_spe.h5")
    assert (
        "is (441, 32), where this configuration has pairwise_encoding/kernel (442, 32)" in message
    )


def test_weights_of_another_weighting(model, golden):
    message = refusal(model, golden / "model_add_cov_none.h5")
    assert (
        "is (32, 1), where this configuration has evol_encoder/species_weights (1, 200)" in message
    )


def test_what_fails_half_way_leaves_nothing_behind(tmp_path):
    path = tmp_path / "table.tsv"
    path.write_text("before")

    def fail():
        with weights.write_beside(path) as partial:
            partial.write_text("half")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("table.tsv", "before")]
