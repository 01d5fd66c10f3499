"""Runs within this process; tests/pt_gmvp/training/test_resume.py kills others."""

import json
import math
import signal

import pytest
import torch

from converters.errors import InputError
from pt_gmvp.config import ModelConfig, TrainingConfig
from pt_gmvp.data import RecordDataset
from pt_gmvp.data.source import SubsetDataset
from pt_gmvp.runs.distributed import World
from pt_gmvp.runs.progress import Reporter
from pt_gmvp.runs.stopping import Stopped, StopRequest
from pt_gmvp.training.building import Settings, draw
from pt_gmvp.training.checkpoint import Checkpoints, Every
from pt_gmvp.training.folder import RunFolder
from pt_gmvp.training.learner import Learner
from pt_gmvp.training.split import Split
from pt_gmvp.training.trainer import Trainer

CONFIG = TrainingConfig(batch_size=3, max_epochs=2, warmup_steps=2, decay_steps=5)


class Stopping(Reporter):
    """Reporter that asks for a stop once some steps are done."""

    def __init__(self, steps):
        self.request, self.left = StopRequest(), steps
        self._ask()

    def step(self, loss, rate, samples):
        self.left -= 1
        self._ask()

    def _ask(self):
        if not self.left:
            self.request.signal = signal.SIGTERM


@pytest.fixture
def make(shipped_records, tmp_path, monkeypatch):
    """Makes a trainer on 8 variants, with 2 to validate on: (folder's name, stopping, config)."""
    monkeypatch.setattr("pt_gmvp.training.recorder.draw_curves", lambda *arguments: None)
    data = RecordDataset(shipped_records)
    split = Split(SubsetDataset(data, range(2, 10)), SubsetDataset(data, range(2)), {})

    def trainer(name, stopping=None, config=CONFIG):
        model = draw(ModelConfig(d_fc=4, d_model=4, num_heads=1), 1)
        model.form = "fast"
        learner = Learner(model, config, Settings(), World(0, 1, torch.device("cpu")))
        folder = RunFolder(tmp_path / name)
        if not folder.config.exists():
            folder.create({"run": {}})
        checkpoints = Checkpoints(folder.checkpoints, Every(steps=100))
        request = stopping.request if stopping else StopRequest()
        reporter = stopping or Reporter()
        return Trainer(learner, split, config, folder, checkpoints, request, reporter)

    return trainer


def lines(trainer):
    return [json.loads(line) for line in trainer.folder.metrics.read_text().splitlines()]


def test_a_run_has_its_steps_and_epochs_in_order(make):
    trainer = make("run")
    trainer.run()
    assert trainer.finished
    found = lines(trainer)
    assert [line["kind"] for line in found] == [*["step"] * 3, "epoch"] * 2
    assert [line["step"] for line in found] == [1, 2, 3, 3, 4, 5, 6, 6]
    for epoch in (line for line in found if line["kind"] == "epoch"):
        losses = [s["loss"] for s in found if (s["kind"], s["epoch"]) == ("step", epoch["epoch"])]
        assert epoch["training_loss"] == pytest.approx(sum(losses) / 3)
    assert [path.stem for path in trainer.folder.checkpoints.iterdir()] == ["step-00000006"]


def test_a_finished_run_takes_no_further_step(make):
    make("run").run()
    again = make("run")
    before = again.folder.metrics.read_bytes()
    assert (again.finished, again.step) == (True, 6)
    again.run()
    assert again.folder.metrics.read_bytes() == before


@pytest.mark.parametrize("steps", [0, 2, 4])
def test_asked_to_stop_it_ends_after_the_step_and_continues_to_the_same_bits(make, steps):
    whole, asked = make("whole"), make("asked", Stopping(steps))
    whole.run()
    with pytest.raises(Stopped, match=f"after step {steps + 1}, .*; continue with --resume") as end:
        asked.run()
    assert end.value.code == 128 + signal.SIGTERM
    resumed = make("asked")
    assert resumed.step == steps + 1
    resumed.run()
    assert resumed.folder.metrics.read_bytes() == whole.folder.metrics.read_bytes()
    for name, tensor in whole.learner.model.state_dict().items():
        assert torch.equal(tensor, resumed.learner.model.state_dict()[name])


def test_it_stops_early(make):
    config = TrainingConfig(
        batch_size=8, max_epochs=9, patience=2, learning_rate=1e-30, end_learning_rate=0
    )
    trainer = make("run", config=config)
    trainer.run()
    assert trainer.step == 3
    assert trainer.stopping.best_epoch == 1


def test_a_loss_that_is_not_finite_ends_it_with_the_step_in_a_file(make):
    trainer = make("run")
    with torch.no_grad():
        trainer.learner.model.logit.bias.fill_(math.inf)
    with pytest.raises(InputError) as refused:
        trainer.run()
    fault = trainer.folder.fault(1)
    assert fault.exists()
    assert str(refused.value).startswith("step 1 of epoch 1: the loss is ")
    assert str(refused.value).endswith(f"replay it with: gmvp replay {fault}")
    assert lines(trainer) == []


def test_metrics_that_were_cut_are_refused(make):
    trainer = make("run")
    trainer.run()
    trainer.folder.metrics.write_bytes(trainer.folder.metrics.read_bytes()[:-5])
    with pytest.raises(InputError, match="so it has been changed"):
        make("run")
