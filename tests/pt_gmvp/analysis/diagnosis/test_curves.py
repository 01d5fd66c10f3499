"""Learning curves: what each shape is called, and how much of it noise explains."""

import numpy as np
import pytest

from pt_gmvp.analysis.diagnosis import curves
from pt_gmvp.analysis.diagnosis.findings import Fault
from pt_gmvp.analysis.diagnosis.finished_run import open_run


def faults(run, path):
    return [finding.fault for finding in curves.answer(curves.measure(run.write(path))).findings]


def test_the_rise_is_paired_by_variant(plant, tmp_path):
    run = plant("overfit").write(tmp_path / "run")
    found = curves.measure(run)
    first, last = run.predicted(found.least), run.predicted(found.last)
    assert found.rise.value == pytest.approx((last.losses - first.losses).mean())
    apart = np.hypot(*(np.std(each.losses) for each in (first, last))) / np.sqrt(800)
    assert found.rise.error < apart
    assert found.rise.value == pytest.approx(
        run.epochs[-1]["loss"] - run.epochs[found.least - 1]["loss"]
    )


def test_a_rise_that_noise_explains_is_no_fault(plant, tmp_path):
    run = plant("healthy")
    noise = 0.02 * run.random.standard_normal((3, len(run.names)))
    for epoch in range(3):
        run.scores[5 + epoch] = np.clip(run.scores[5 + epoch] + noise[epoch], 0.001, 0.999)
    run.training_losses = np.linspace(0.7, 0.4, 8)
    assert faults(run, tmp_path / "run") == [None]


def test_overfitting_beyond_knowing_nothing_is_said(plant, tmp_path):
    run = plant("overfit")
    run.scores[-1] = np.clip(1 - run.scores[-1], 1e-3, 1 - 1e-3)
    answer = curves.answer(curves.measure(run.write(tmp_path / "run")))
    assert answer.findings[0].fault is Fault.OVERFITS
    assert "above that of always predicting the share" in answer.findings[1].text


def test_patience_ends_no_run_too_soon(plant, tmp_path):
    run = plant("short")
    assert faults(run, tmp_path / "short") == [Fault.SHORT]
    # The same curve, but the last three epochs gain nothing.
    run = plant("short")
    run.scores[4:] = [run.scores[4]] * 4
    assert faults(run, tmp_path / "patient") == [None]


def test_a_step_that_was_not_finite_is_divergence(plant, tmp_path):
    path = tmp_path / "run"
    run = plant("healthy")
    run.write(path)
    (path / "fault-step-7.safetensors").write_bytes(b"")
    found = curves.answer(curves.measure(open_run(path)))
    assert found.findings[0].fault is Fault.DIVERGED
    assert "fault-step-7" in found.findings[0].text


def test_one_epoch_is_enough_to_ask(plant, tmp_path):
    run = plant("healthy")
    run.scores, run.training_losses = run.scores[:1], run.training_losses[:1]
    assert faults(run, tmp_path / "run") == [None]


def test_losses_of_rounded_probabilities_are_finite(plant, tmp_path):
    run = plant("healthy")
    run.scores[-1] = 1 - run.labels  # sure, and wrong
    found = curves.measure(run.write(tmp_path / "run"))
    assert np.isfinite(found.rise.value)
    assert found.rise.value > 40
