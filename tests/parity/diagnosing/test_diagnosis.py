"""A diagnosis is certain only with one root cause that every input tried supports."""

from dataclasses import replace

import pytest

from parity.declaring.known_bug import ChangedOutputs, KnownBug
from parity.diagnosing.diagnosis import Diagnosis, RootCause

FLIPPED = KnownBug(None, "sign flipped", "y", ChangedOutputs(lambda outputs, task: outputs))
DROPPED = replace(FLIPPED, what="dropped", where="")
CAUSE = RootCause((FLIPPED,), 1e-16)
CERTAIN = Diagnosis("layer", "default", "y", (), 1.0, (CAUSE,), 9)


def test_a_root_cause_of_two_bugs_names_both():
    assert RootCause((FLIPPED, DROPPED), 0.0).name == "sign flipped (y) and dropped"


@pytest.mark.parametrize(
    ("changes", "certain"),
    [
        ({}, True),
        ({"root_causes": ()}, False),
        ({"root_causes": (CAUSE, RootCause((DROPPED,), 0.0))}, False),
        ({"confirmed": False}, False),
        ({"zeros_and_ones": True}, False),
        ({"zeros_and_ones": True, "root_causes": (replace(CAUSE, evidence="it agrees"),)}, True),
    ],
)
def test_certainty(changes, certain):
    assert replace(CERTAIN, **changes).certain is certain
