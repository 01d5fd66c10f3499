"""One output against float64: each verdict, and each way in which float64 cannot judge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.judging import cancellation
from parity.judging.float64_comparison import compare_in_float64, nonfinite_mismatch
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import OutputResult, Verdict

TRUE = np.random.default_rng(0).normal(size=50)
BLANK = OutputResult("y", Verdict.NOT_COMPARED, "", (50,), (50,), "float32", "float32")


def judge(ref64=TRUE, cand64=TRUE, ref32=None, cand32=None, **context):
    runs = FourRuns(*(
        {} if array is None else {"y": np.asarray(array)}
        for array in (
            ref64.astype("f4") if ref32 is None else ref32,
            cand64.astype("f4") if cand32 is None else cand32,
            ref64,
            cand64,
        )
    ))  # fmt: skip
    given = Context(**context)
    return compare_in_float64(BLANK, runs, given, lambda: cancellation.leftover(runs, given))


def test_the_same_bits_are_identical_and_others_equivalent():
    assert judge().verdict is Verdict.IDENTICAL
    other = judge(cand32=np.nextafter(TRUE.astype("f4"), np.float32(9)))
    assert other.verdict is Verdict.EQUIVALENT
    assert other.compared == 50
    assert other.scale == np.abs(TRUE).max()


def test_a_logical_difference_is_different_and_named():
    result = judge(cand64=TRUE + 1e-9 * (np.arange(50) == 7))
    assert result.verdict is Verdict.DIFFERENT
    assert result.worst is not None
    assert result.worst.index == (7,)
    assert "float64 runs differ by 1e-09" in result.reason


@given(st.floats(-9, 9).map(lambda exponent: 10.0**exponent))
def test_flipped_signs_are_different_at_any_scale(scale):
    assert judge(TRUE * scale, -TRUE * scale).verdict is Verdict.DIFFERENT


def test_a_reference_that_rounds_more_allows_more():
    rough = TRUE.astype("f4") + np.float32(1e-4)
    assert judge(cand32=rough).verdict is Verdict.IMPRECISE
    assert judge(ref32=rough - np.float32(2e-4), cand32=rough).verdict is Verdict.EQUIVALENT
    sampled = judge(cand32=rough, reference_errors={"y": 1e-4})
    assert sampled.verdict is Verdict.EQUIVALENT
    assert sampled.ref_err == 1e-4


def test_a_jump_is_allowed_in_float32_alone():
    rough = TRUE.astype("f4") + np.float32(1e-4)
    jumps = {"gradient_jumps": {"y": 1e-3}}
    assert judge(cand32=rough, **jumps).verdict is Verdict.EQUIVALENT
    assert judge(cand64=TRUE + 1e-9, cand32=rough, **jumps).verdict is Verdict.DIFFERENT


def test_a_float32_error_beyond_the_values_says_nothing():
    noisy = (TRUE * 1e-3).astype("f4") + np.float32(1)
    result = judge(TRUE * 1e-3, TRUE * 1e-3, noisy, noisy)
    assert result.verdict is Verdict.NOT_COMPARED
    assert result.reason.startswith("float32 is meaningless here")


def test_what_is_zero_to_rounding_on_both_sides_is_equivalent():
    noise = np.random.default_rng(1).normal(size=(2, 50)) * 1e-17
    zero = np.zeros(50, "f4")
    assert judge(noise[0], noise[1], zero, zero).verdict is Verdict.EQUIVALENT
    assert judge(noise[0], noise[1] + 1e-12, zero, zero).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("runs", "verdict", "reason"),
    [
        (
            {"cand64": TRUE.astype("f4")},
            Verdict.STRUCTURE,
            "the candidate's float64 run returned fl",
        ),
        ({"ref64": TRUE[:3], "ref32": TRUE}, Verdict.STRUCTURE, "the reference's float64 run"),
        ({"cand64": np.where(TRUE > 1, np.nan, TRUE)}, Verdict.STRUCTURE, "NaN or infinity on"),
        ({"cand32": np.full(50, np.inf, "f4")}, Verdict.STRUCTURE, "NaN or infinity on one side"),
        (
            {"ref64": np.full(50, np.nan), "cand64": np.full(50, np.nan)},
            Verdict.NOT_COMPARED,
            "no finite element",
        ),
        (
            {
                "ref64": np.where(TRUE > 1, np.nan, TRUE),
                "cand64": np.where(TRUE > 1, np.nan, TRUE),
                "ref32": TRUE.astype("f4"),
                "cand32": TRUE.astype("f4"),
            },
            Verdict.NOT_COMPARED,
            "float64 is NaN or infinite where float32 is not",
        ),
    ],
)
def test_runs_that_float64_cannot_judge(runs, verdict, reason):
    result = judge(**runs)
    assert result.verdict is verdict
    assert result.reason.startswith(reason)


def test_an_output_of_float32_alone_is_structure():
    single = {"y": TRUE.astype("f4")}
    runs = FourRuns(single, single, {}, {"y": TRUE})
    given = Context()
    result = compare_in_float64(BLANK, runs, given, lambda: cancellation.leftover(runs, given))
    assert (result.verdict, result.reason) == (Verdict.STRUCTURE, "missing from a float64 run")


def test_nan_at_the_same_places_is_no_mismatch():
    holed = np.array([1.0, np.nan])
    assert nonfinite_mismatch(BLANK, holed, holed, "float64") is None
    other = nonfinite_mismatch(BLANK, holed, np.array([1.0, np.inf]), "float64")
    assert other is not None
    assert other.worst is not None
    assert (other.worst.reference, other.worst.candidate) == ("nan", "inf")
