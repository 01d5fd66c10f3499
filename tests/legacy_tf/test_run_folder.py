import math

import numpy as np
import pytest
import tensorflow as tf

from legacy_tf.config import ModelConfig
from legacy_tf.model import build
from legacy_tf.run_folder import OwnFolder, ReleasedFolder, Scored, describe

NUMBERS = {
    "training_loss": 0.5,
    "loss": 0.25,
    "auroc": 0.75,
    "aupr": 0.5,
    "mann_whitney_p": 0.1,
    "spearman": math.nan,
}
SCORED = Scored(["a", "b"], np.array([1.0, 0.0]), np.array([0.12345678, 1.0], np.float32))


@pytest.fixture(scope="module")
def model():
    return build(ModelConfig(d_fc=4, d_model=4, num_heads=2))


def test_our_folder_counts_from_one(model, tmp_path):
    folder = OwnFolder(tmp_path / "out")
    folder.step(0, 0.5)
    folder.epoch(model, {"epoch": folder.first} | NUMBERS, SCORED)
    assert sorted(p.name for p in folder.path.iterdir()) == ["epoch-1.h5", "history.tsv"]


def test_the_releases_folder_counts_from_zero(model, tmp_path):
    folder = ReleasedFolder(tmp_path, ["configuration c.json"])
    folder.step(0, 0.5)
    folder.epoch(model, {"epoch": folder.first} | NUMBERS, SCORED)
    table = folder.path / "result" / "epoch_0_validate.score"
    assert table.read_text() == "var\ttarget\tScore\na\t1\t0.123457\nb\t0\t1.000000\n"
    assert (folder.path / "model" / "epoch-0.h5").is_file()
    said, epoch = (folder.path / "train.log").read_text().splitlines()
    assert said.endswith("configuration c.json")
    assert "epoch 0  training_loss 0.5  loss 0.25" in epoch
    assert epoch.endswith("spearman undefined")


def test_the_loss_of_each_step_is_there_for_tensorboard(model, tmp_path):
    folder = ReleasedFolder(tmp_path)
    for step, loss in enumerate((0.5, 0.25)):
        folder.step(step, loss)
    folder.epoch(model, {"epoch": 0} | NUMBERS, SCORED)
    (events,) = (folder.path / "summary" / "train").iterdir()
    found = [
        (event.step, value.tag, float(tf.make_ndarray(value.tensor)))
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
    ]
    assert found == [(0, "loss", 0.5), (1, "loss", 0.25)]


def test_two_runs_that_start_at_once_have_a_folder_each(tmp_path):
    assert len({ReleasedFolder(tmp_path).path for _ in range(2)}) == 2


def test_an_epoch_is_one_line():
    assert describe({"epoch": 3, "loss": 0.123456}) == "epoch 3  loss 0.1235"
