"""The note on constants names side, number, operation and line, and what was done about it."""

from parity.checking.constant_finding import ConstantFinding, NamedConstant
from parity.declaring.constants import Constant

CAST = NamedConstant("reference", "exact", Constant("Cast", "2.5e-1", "0.25", "model.py:7"))
SLOPE = NamedConstant("candidate", "rounded", Constant("leaky_relu", "0.2", "0.200000003"))
TABLE = NamedConstant("reference", "exact", Constant("_to_copy", "table of 3x4", "2e-08"))
THRESHOLD = NamedConstant(
    "candidate", "exact", Constant("softplus", "threshold 20", "no threshold")
)


def test_a_complete_explanation():
    note = ConstantFinding("exact", None, True, (CAST,)).note
    assert note == (
        "a constant's float32 rounding is all that differs: the reference holds 2.5e-1 in float32, "
        "as 0.25 (cast, model.py:7), made exact; with that, the float64 runs agree"
    )


def test_each_kind_has_its_words():
    note = ConstantFinding("exact", "rounded", False, (SLOPE, TABLE, THRESHOLD), 4).note
    assert "explains part of the difference" in note
    assert "the candidate's 0.2 was rounded to float32, as 0.200000003 (leaky_relu)" in note
    assert "table of 3x4 in float32, off by up to 2e-08 (conversion), made exact" in note
    assert "the candidate's threshold 20 (softplus) was left out, as float32 cannot tell" in note
    assert "; and 4 more;" in note
