"""What relates two learning rates, step by step; whatever is said holds at every step."""

import numpy as np
import pytest

from parity.train.rates import explain_rates, listed

STEPS = np.arange(12)
DECAYING = 0.1 * 0.9**STEPS
LINEAR = 0.1 * (1 - STEPS / 20)
NORMS = np.array([0.5, 2, 1, 4, 0.2, 3, 1, 5, 0.1, 2, 2, 0.3])


@pytest.mark.parametrize(
    ("reference", "candidate", "words"),
    [
        (DECAYING, DECAYING * (1 + 1e-14), ""),
        (DECAYING, 0.1 * DECAYING, "the candidate's learning rate is 0.1 times the reference's"),
        (
            np.full(12, 0.1),
            np.full(12, float(np.float32(0.1))),
            "the candidate's learning rate is the other side's rounded to float32",
        ),
        (DECAYING, np.r_[0.5, DECAYING[:-1]], "lags 1 step behind the reference's: 0.5, 0.1"),
        # Of an exponential decay, that would be a factor.
        (LINEAR[:-2], LINEAR[2:], "is 2 steps ahead of the reference's"),
        (DECAYING, DECAYING[STEPS // 4 * 4], "changes with each epoch (every 4 steps) only"),
        (DECAYING, DECAYING[STEPS // 4], "the candidate's schedule counts epochs (every 4 steps)"),
        (DECAYING[STEPS // 4], DECAYING, "the reference's schedule counts epochs"),
        (
            DECAYING,
            DECAYING * np.minimum(1, 1.5 / NORMS),
            "the candidate clips its gradients to a global norm of 1.5, the other side does not",
        ),
        (
            DECAYING * np.minimum(1, 1.5 / (NORMS + 1e-6)),
            DECAYING,
            "the reference clips its gradients to a global norm of 1.5 (1e-6 added to the norm)",
        ),
        (
            DECAYING,
            DECAYING * np.r_[0.25, 0.5, 0.75, np.ones(9)],
            "the learning rates differ at steps 1 to 3 only (warm-up?): 0.025, 0.045",
        ),
        (DECAYING, np.r_[DECAYING[:6], 0.5 / STEPS[6:] ** 2], "differ: from step 7 on, 0.01389"),
    ],
)
def test_relations(reference, candidate, words):
    found = explain_rates(reference, candidate, (NORMS, NORMS), 4)
    assert words in found
    assert bool(found) == bool(words)


def test_dampening():
    found = explain_rates(np.ones(6), np.r_[1, np.full(5, 0.25)], (NORMS, NORMS), 4, True)
    assert found == "the candidate's momentum has a dampening of 0.75, the other has none"


def test_listed():
    assert listed(np.full(9, 0.1)) == "0.1"
    assert listed(np.array([1e-22, 1, 2, 3, 4, 5, 6])) == "0, 1, 2, 3, 4, 5, ..."
