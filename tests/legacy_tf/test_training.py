import math

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from legacy_tf.config import ModelConfig, TrainingConfig
from legacy_tf.model import build
from legacy_tf.training import EarlyStopping, Trainer, TrainingError

TINY = ModelConfig(d_fc=4, d_model=4, num_heads=2)


def epochs_until_stop(monitor, values):
    stop = EarlyStopping(monitor, patience=5)
    for number, value in enumerate(values, 1):
        if stop({monitor: value}):
            return number
    return None


def test_early_stopping_waits_five_epochs_for_a_lower_loss():
    assert epochs_until_stop("loss", [5, 4, 4, 4, 4, 4, 4, 4]) == 7
    assert epochs_until_stop("loss", [5, 4, 4, 4, 4, 4, 3, 4, 4, 4, 4]) is None
    assert epochs_until_stop("loss", [math.nan] * 9) == 5


def test_early_stopping_waits_for_a_higher_auroc_in_transfer_learning():
    assert epochs_until_stop("auroc", [0.5, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5]) == 7
    assert epochs_until_stop("auroc", np.linspace(0.5, 0.9, 20)) is None


def trainer(folder, **settings):
    tf_keras.utils.set_random_seed(1)
    settings = {"batch_size": 4, "warmup_steps": 2, "learning_rate": 0.01} | settings
    return Trainer(build(TINY), TrainingConfig(**settings), folder)


@pytest.mark.slow
def test_the_trainers_steps_are_the_originals(tmp_path, default_case, assert_rounding):
    config = TrainingConfig(warmup_steps=5, decay_steps=20)
    losses = {}
    for dtype in ("float32", "float64"):
        run = Trainer(default_case.model(dtype), config, tmp_path)
        rows = [(np.arange(4) + 4 * step) % 10 for step in range(12)]
        batches = [{n: array[r] for n, array in default_case.batch.items()} for r in rows]
        losses[dtype] = np.array([run.train_step(b, training=False) for b in batches])
    wanted = default_case.archive["train/loss"]
    assert_rounding(wanted, losses["float32"], losses["float64"], "loss")


@pytest.mark.slow
def test_training_writes_weights_and_history_and_lowers_the_loss(tmp_path, shipped_records):
    run = trainer(tmp_path, max_epochs=12, patience=12)
    seen: list[dict[str, float]] = []
    history = run.fit([shipped_records], [shipped_records], seed=1, report=seen.append)
    assert seen == history
    assert history[-1]["loss"] < history[0]["loss"]
    names = {f"epoch-{n}.h5" for n in range(1, 13)} | {"history.tsv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    header, *rows = (tmp_path / "history.tsv").read_text().splitlines()
    assert header.split("\t") == list(history[0])
    assert [float(value) for value in rows[-1].split("\t")] == list(history[-1].values())
    again = build(TINY)
    again.load_weights(tmp_path / "epoch-12.h5")
    assert all(map(np.array_equal, again.weights, run.model.weights))


@pytest.mark.slow
def test_training_stops_early(tmp_path, shipped_records):
    # A rate of next to nothing improves nothing that is seen in float32.
    run = trainer(tmp_path, learning_rate=1e-30, end_learning_rate=0, patience=2)
    assert len(run.fit([shipped_records], [shipped_records], seed=1)) == 3


@pytest.mark.slow
def test_the_validation_loss_is_the_mean_over_records(tmp_path, shipped_records, default_case):
    run = trainer(tmp_path)
    logits = run.model(*default_case.inputs)
    labels = default_case.batch["label"]
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)
    # Batches of 4, 4 and 2.
    assert run.evaluate([shipped_records])["loss"] == pytest.approx(np.mean(losses), rel=1e-6)


@pytest.mark.slow
def test_dropout_is_on_in_training_steps_and_drawn_afresh(tmp_path, default_case):
    run = trainer(tmp_path, learning_rate=1e-30, end_learning_rate=0)
    losses = {float(run.train_step(default_case.batch)) for _ in range(4)}
    assert len(losses) == 4
    plain = {float(run.train_step(default_case.batch, training=False)) for _ in range(4)}
    assert len(plain) == 1


@pytest.mark.slow
def test_files_without_a_record_are_an_error(tmp_path, shipped_records):
    (tmp_path / "empty.tfrec").touch()
    for files in (
        ([tmp_path / "empty.tfrec"], [shipped_records]),
        ([shipped_records], [tmp_path / "empty.tfrec"]),
    ):
        with pytest.raises(TrainingError, match=r"no record in .*empty\.tfrec"):
            trainer(tmp_path / "out").fit(*files)


@pytest.mark.slow
def test_dropout_masks_handed_in_make_a_step_that_can_be_repeated(tmp_path, default_case):
    run = trainer(tmp_path, learning_rate=1e-30, end_learning_rate=0)
    kept = np.random.default_rng(1).random((2, 3, 10, 4)) < 0.6
    masks = tuple((kept / 0.6).astype(np.float32))
    given = {float(run._train_step(default_case.batch, masks=masks)) for _ in range(2)}
    plain = float(run._train_step(default_case.batch, training=False))
    assert len(given) == 1
    assert plain not in given
    value, gradients = run.loss_and_gradients(default_case.batch, masks=masks)
    assert float(value) in given
    assert [g.shape for g in gradients] == [w.shape for w in run.model.trainable_weights]
