import json

import numpy as np
import pytest
import torch

from converters.errors import InputError
from pt_gmvp.config import ModelConfig
from pt_gmvp.model import GMVP
from pt_gmvp.training.folder import RunFolder
from pt_gmvp.training.recorder import Recorder, draw_curves

EPOCH = {"kind": "epoch", "epoch": 1, "step": 2, "training_loss": 0.5, "loss": 0.4,
         "auroc": float("nan"), "aupr": 0.5}  # fmt: skip
STEP = {"kind": "step", "step": 1, "epoch": 1, "loss": 0.7}


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path)
    folder.create({"run": {}})
    return folder


def test_an_epoch_leaves_its_files(folder):
    recorder = Recorder(folder)
    recorder.write(STEP)
    model = GMVP(ModelConfig(d_fc=4, d_model=4, num_heads=1))
    scores = np.array([0.25, 0.5], np.float32)
    labels = np.array([0, 1], np.float32)
    recorder.write_epoch(EPOCH, {"epoch": 1}, model, ["a", "b"], labels, scores)
    recorder.draw(1, last=True)
    size = recorder.sync()
    recorder.close()
    lines = [json.loads(line) for line in folder.metrics.read_text().splitlines()]
    assert lines == [STEP, {**EPOCH, "auroc": None}]
    assert folder.predictions(1).read_text() == "var\tgMVP\tlabel\na\t0.25\t0\nb\t0.5\t1\n"
    same = GMVP.from_pretrained(folder.weights(1)).state_dict()
    assert all(torch.equal(same[name], value) for name, value in model.state_dict().items())
    assert folder.curves.read_bytes().startswith(b"\x89PNG")
    assert list(folder.tensorboard.iterdir())
    # A resumed run drops what came after its checkpoint.
    first = len(json.dumps(STEP)) + 1
    assert first < size
    Recorder(folder, 1, first).close()
    assert [json.loads(line) for line in folder.metrics.read_text().splitlines()] == [STEP]
    with pytest.raises(InputError, match="so it has been changed"):
        Recorder(folder, 2, size)


def test_curves_of_a_run_without_a_best_epoch(tmp_path):
    draw_curves(tmp_path / "c.png", [STEP, EPOCH], None)
    assert [path.name for path in tmp_path.iterdir()] == ["c.png"]
