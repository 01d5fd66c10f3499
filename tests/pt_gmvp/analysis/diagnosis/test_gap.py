"""The gap between training and held-out variants, and what it says of the learning."""

import json

import numpy as np
import pytest

from pt_gmvp.analysis.diagnosis import gap
from pt_gmvp.analysis.diagnosis.findings import Fault
from pt_gmvp.analysis.diagnosis.finished_run import Predicted, open_run


def predicted(signal, seed, number=400):
    """Predictions that are right the more, the larger the signal."""
    random = np.random.default_rng(seed)
    labels = (np.arange(number) % 2).astype(float)
    logits = signal * (2 * labels - 1) + random.standard_normal(number)
    return Predicted([f"T{n}_1_A_V" for n in range(number)], 1 / (1 + np.exp(-logits)), labels)


def found(training, validation, number=400):
    return gap.compare(3, predicted(training, 1), predicted(validation, 2, number))


@pytest.mark.parametrize(
    ("training", "validation", "number", "faults"),
    [
        (1.0, 1.0, 400, [None]),
        (0.0, 0.0, 400, [None, Fault.UNDERFITS]),
        (2.0, 0.0, 400, [None, Fault.UNLEARNABLE]),
        (1.0, 0.6, 8, [None, Fault.UNLEARNABLE]),
    ],
)
def test_faults(training, validation, number, faults):
    answer = gap.answer(found(training, validation, number))
    assert [finding.fault for finding in answer.findings] == faults
    # Eight variants are too few to be certain.
    assert [finding.certain for finding in answer.findings[1:]] == [number > 8] * (len(faults) - 1)


def test_the_gap_is_said_to_be_noise_or_beyond_it():
    assert "is within noise" in gap.answer(found(1.0, 1.0)).findings[0].text
    wide = gap.answer(found(2.0, 0.5)).findings[0].text
    assert "the model of epoch 3" in wide
    assert "400 of the training variants" in wide
    assert wide.endswith("is beyond noise")


def test_the_same_predictions_have_no_gap():
    both = predicted(1.0, 1)
    same = gap.compare(1, both, both)
    assert same.training_loss == same.validation_loss
    assert same.training_auroc == same.validation_auroc
    assert same.learned
    assert same.generalizes


def test_the_kept_model_scores_the_sample_without_dropout(trained, split):
    run = open_run(trained)
    one, again = (gap.measure(run, split.training, 10, seed=3) for _ in range(2))
    assert one == again
    assert one.training_loss.variants == 10
    whole = gap.measure(run, split.training, 10**6, seed=3)
    assert whole.training_loss.variants == len(split.training)
    assert json.loads((trained / "config.json").read_text())["training"]["batch_size"] < 36


def test_the_same_model_scores_held_out_variants_as_the_run_did(trained, split):
    run = open_run(trained)
    found = gap.measure(run, split.validation, 10**6, seed=0)
    assert found.training_loss.value == pytest.approx(found.validation_loss.value, rel=1e-5)
