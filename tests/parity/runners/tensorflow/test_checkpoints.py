"""Checkpoints: the floating numbers by key, without the state of optimizers, from any name."""

import numpy as np
import pytest
import tensorflow as tf

from parity.errors import InputError
from parity.runners.tensorflow.checkpoints import read_checkpoint


@pytest.fixture
def saved(tmp_path):
    """Save a variable beside an optimizer's state and a counter, twice."""
    held = tf.train.Checkpoint(
        net=tf.train.Checkpoint(w=tf.Variable([1.0, 2.0])),
        optimizer=tf.train.Checkpoint(rate=tf.Variable(0.1)),
        step=tf.Variable(3),
    )
    manager = tf.train.CheckpointManager(held, tmp_path / "all", max_to_keep=5)
    manager.save()
    manager.save()
    return tmp_path / "all"


@pytest.mark.parametrize("name", ["", "ckpt-1", "ckpt-2.index"])
def test_weights_are_read_by_key(saved, name):
    file = read_checkpoint(saved / name)
    assert file.kind == "TensorFlow checkpoint"
    assert [one.name for one in file.arrays] == ["net/w"]
    assert np.array_equal(file.arrays[0].array, [1, 2])


def test_one_of_several_is_asked_for_and_damage_is_refused(saved):
    (saved / "checkpoint").unlink()
    with pytest.raises(InputError, match="contains 2 checkpoints; give the prefix of one"):
        read_checkpoint(saved)
    (saved / "ckpt-1.index").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be read as a checkpoint"):
        read_checkpoint(saved / "ckpt-1")
