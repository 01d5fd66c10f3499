"""Root causes: what is stated without a test, what only after one, and what remains unknown."""

from dataclasses import replace

from parity.declaring.inputs import draw_weights
from parity.declaring.training import Course
from parity.train.drift import QuantityComparison
from parity.train.root_cause import Evidence, RootCause, find_root_cause
from tests.parity.numpy_training import WEIGHTS, load, make

COURSE = Course(load(None, 1, 8), None, 1, 4, 1)
EVIDENCE = Evidence(COURSE, make(), 1, {}, draw_weights(WEIGHTS, 1))


def comparison(name, **fields):
    start = QuantityComparison(name, 1.0, 1.0, 1.0, 1e-8, 1.0, 1e-15, 1e-7)
    return replace(start, **fields)


def test_a_structure_error_comes_first():
    failing = [comparison("loss"), comparison("gradient/w", structure_error="NaN in float64")]
    found = find_root_cause("loss", failing, EVIDENCE)
    assert str(found) == "NaN in float64, first in gradient/w"


def test_a_reference_that_computes_something_else_in_float64():
    own = {"difference32": 0.0, "reference_error": 0.5, "difference64": 0.51}
    found = find_root_cause("weight", [comparison("weight/w", **own)], EVIDENCE)
    assert str(found).startswith("the sides agree on w in float32 but not in float64")
    found = find_root_cause("loss", [comparison("loss", **own)], EVIDENCE)
    assert "the reference itself computes something else" in str(found)


def test_sides_that_agree_in_float64():
    failing = [comparison("gradient/w", difference64=0.0)]
    found = find_root_cause("gradient", failing, EVIDENCE)
    assert str(found) == (
        "cause unknown (tried: float64, where the sides agree: only float32 is less exact)"
    )


def test_words():
    assert str(RootCause(("one", "another"), where="here: ")) == "here: one; and another"
    unknown = RootCause(("one",), "the loss", ("this", "that"))
    assert str(unknown) == (
        "one; and cause unknown of the difference in the loss (tried: this; that)"
    )
