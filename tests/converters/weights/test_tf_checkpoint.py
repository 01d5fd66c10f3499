import shutil

import numpy as np
import pytest

from converters.errors import WeightsError
from converters.weights.conversion import read_weights
from converters.weights.tf_checkpoint import read_tf_checkpoint


@pytest.fixture
def truth(frameworks):
    return lambda name: dict(np.load(frameworks / f"{name}.npz"))


@pytest.mark.parametrize(
    ("place", "kind", "aside"),
    [
        ("save_weights/epoch-7", "TensorFlow checkpoint", set()),
        ("save_weights", "TensorFlow checkpoint", set()),
        ("save_weights/epoch-7.index", "TensorFlow checkpoint", set()),
        (
            "checkpoint",
            "TensorFlow checkpoint",
            {"state of the optimizer", "counter of saved checkpoints"},
        ),
        (
            "slots/ckpt-1",
            "TensorFlow checkpoint",
            {"state of the optimizer", "counter of saved checkpoints"},
        ),
        ("saved_model", "SavedModel", set()),
    ],
)
def test_what_tensorflow_wrote_is_read(frameworks, truth, assert_same, place, kind, aside):
    made = read_weights(frameworks / place)
    assert made.format == kind
    assert_same(made.canonical, truth("keras2"))
    assert {item.reason for item in made.set_aside} == aside
    assert set(made.matched_by.values()) == {"order"}
    assert made.warnings == []


def test_slots_of_the_optimizer_are_named(frameworks):
    names = [item.name for item in read_tf_checkpoint(frameworks / "slots").set_aside]
    assert sum(".OPTIMIZER_SLOT/opt/m" in name for name in names) == 28
    assert sum(".OPTIMIZER_SLOT/opt/v" in name for name in names) == 28


def test_attributes_nobody_knows_are_read_by_order(frameworks, truth, assert_same):
    assert_same(read_weights(frameworks / "plain" / "ckpt").canonical, truth("plain"))


def test_names_that_contradict_the_order_are_refused(frameworks, truth, assert_same):
    with pytest.raises(WeightsError, match="names and order contradict each other") as caught:
        read_weights(frameworks / "swapped" / "ckpt")
    assert "--rename" in str(caught.value)
    renames = {f"mha/{name}": f"mha/{name}" for name in ("wq", "wv")}
    made = read_weights(frameworks / "swapped" / "ckpt", renames=renames)
    assert_same(made.canonical, truth("swapped"))


def test_names_decide_where_the_order_fits_no_shapes(frameworks, truth, assert_same):
    made = read_weights(frameworks / "reversed" / "ckpt")
    assert_same(made.canonical, truth("reversed"))
    assert set(made.matched_by.values()) == {"path"}


def test_variables_beside_the_model_are_never_dropped_silently(frameworks, truth, assert_same):
    with pytest.raises(WeightsError, match="not the weights of a gMVP model") as caught:
        read_weights(frameworks / "step" / "ckpt")
    assert [row.name for row in caught.value.rows] == ["step"]
    made = read_weights(frameworks / "step" / "ckpt", ignored=["step"])
    assert made.set_aside[-1] == ("step", "ignored on request")
    assert_same(made.canonical, truth("keras2"))


def test_of_two_models_one_must_be_left_out(frameworks, truth, assert_same):
    with pytest.raises(WeightsError):
        read_weights(frameworks / "twins")
    made = read_weights(frameworks / "twins", ignored=["twin"])
    assert_same(made.canonical, truth("keras2"))


@pytest.fixture
def copied(frameworks, tmp_path):
    shutil.copytree(frameworks / "save_weights", tmp_path / "copy")
    return tmp_path / "copy"


def test_missing_and_short_shards_are_named(copied):
    shard = copied / "epoch-7.data-00000-of-00001"
    content = shard.read_bytes()
    shard.write_bytes(content[:1000])
    with pytest.raises(WeightsError, match="truncated"):
        read_tf_checkpoint(copied)
    shard.unlink()
    with pytest.raises(WeightsError, match="no such file; the checkpoint needs it"):
        read_tf_checkpoint(copied)


def test_a_flipped_value_is_caught_by_its_checksum(copied):
    shard = copied / "epoch-7.data-00000-of-00001"
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(WeightsError, match="has a wrong checksum"):
        read_tf_checkpoint(copied)


def test_a_listing_that_names_nothing(copied):
    (copied / "checkpoint").write_text('model_checkpoint_path: "/gone/epoch-8"\n')
    with pytest.raises(WeightsError, match=r"names /gone/epoch-8, but there is no"):
        read_tf_checkpoint(copied)
    (copied / "checkpoint").write_text("nothing")
    with pytest.raises(WeightsError, match="names no checkpoint"):
        read_tf_checkpoint(copied)
    (copied / "checkpoint").unlink()
    assert len(read_tf_checkpoint(copied).tensors) == 28


@pytest.mark.parametrize("suffix", ["index", "data-00000-of-00001"])
def test_damage_is_always_an_error(copied, suffix, assert_same):
    path = copied / f"epoch-7.{suffix}"
    whole = path.read_bytes()
    expected = {item.name: item.array for item in read_tf_checkpoint(copied).tensors}
    generator = np.random.default_rng(4)
    for round_ in range(120):
        content = bytearray(whole)
        if round_ % 4 == 0:
            del content[generator.integers(len(whole)) :]
        else:
            content[generator.integers(len(whole))] ^= 1 << generator.integers(8)
        path.write_bytes(content)
        try:
            found = {item.name: item.array for item in read_tf_checkpoint(copied).tensors}
        except WeightsError:
            continue
        assert_same(found, expected)
