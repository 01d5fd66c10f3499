"""A diagnosis is certain only with one root cause that every input tried supports."""

from dataclasses import replace

import pytest

from parity.declaring.known_bug import ChangedOutputs, KnownBug
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.report.diagnosis import lines

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


def changed(name, **fields):
    bug = KnownBug(None, "negated", name, ChangedOutputs(lambda outputs, task: outputs))
    found = Diagnosis("layer", "default", name, (), 1.0, (RootCause((bug,), 0.0),), 1, **fields)
    return found, " ".join(lines(found))


def test_how_one_of_several_divergences_looks_is_not_a_cause_that_is_certain():
    found, words = changed("a/input", in_place=True)
    assert not found.certain
    assert "perhaps negated" in words
    assert changed("y")[0].certain


def test_float32_alone_makes_nothing_certain():
    found, words = changed("y", dtype="float32")
    assert not found.certain
    assert "float32 error falls from 1" in words
    assert "shown only in float32" in words
