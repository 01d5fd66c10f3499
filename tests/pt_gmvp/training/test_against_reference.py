"""The same epochs as the reference's own training, from the same start, on the same files."""

import json

import numpy as np
import pytest

from converters.weights.conversion import read_weights
from converters.weights.keras_h5 import write_keras_h5


@pytest.mark.exhaustive
@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_epochs_are_the_references(optimizer, undisturbed, train, data, configured, tmp_path):
    # One batch an epoch: the two shuffle differently. No dropout: they draw differently.
    training = {"optimizer": optimizer, "batch_size": 36, "max_epochs": 6, "monitor": "auroc"}
    config = configured(tmp_path / "config.json", training, {"dropout_rate": 0.0})
    made = read_weights(undisturbed / "model")
    write_keras_h5(tmp_path / "start.h5", made.canonical, made.config)
    out = tmp_path / "run"
    run = train(out, "--config", config, "--init", tmp_path / "start.h5", "--to", "keras-h5")
    assert run.wait() == [0], run.stderr()
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    ours = [line for line in lines if line["kind"] == "epoch"]

    from legacy_tf.config import load_config, load_training_config
    from legacy_tf.model import build
    from legacy_tf.training import Trainer

    used = json.loads((out / "config.json").read_bytes())["data"]
    model = build(load_config(config))
    model.load_weights(tmp_path / "start.h5")
    trainer = Trainer(model, load_training_config(config, transfer=True), tmp_path / "legacy")
    files = [data / name for name in used["files"]]
    theirs = trainer.fit(files, [data / used["validation"]], seed=1)

    assert len(ours) == len(theirs)
    for name in ("training_loss", "loss", "auroc", "aupr", "mann_whitney_p", "spearman"):
        np.testing.assert_allclose(
            [line[name] for line in ours], [epoch[name] for epoch in theirs], 2e-5, err_msg=name
        )
    # The best epoch's weights, read by Keras, are the reference's of that epoch.
    best = 1 + int(np.argmax([line["auroc"] for line in ours]))
    model.load_weights(out / "model.h5")
    found = [weight.numpy() for weight in model.weights]
    model.load_weights(tmp_path / "legacy" / f"epoch-{best}.h5")
    for one, other in zip(found, model.weights, strict=True):
        np.testing.assert_allclose(one, other.numpy(), rtol=2e-3, atol=2e-5, err_msg=other.name)
