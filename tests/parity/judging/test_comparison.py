"""The verdicts: what each kind of difference is called, and that none gets through."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from parity.judging.comparison import compare
from parity.judging.four_runs import Context, FourRuns
from parity.judging.verdict import Verdict, worst

RIGHT = {
    "matrix": np.random.default_rng(0).normal(size=(12, 12)),
    "vector": np.random.default_rng(1).normal(size=4),
    "tiny": 1e-6 * np.random.default_rng(2).normal(size=1000),
}


def in_both(arrays: dict[str, np.ndarray]) -> tuple[dict, dict]:
    """The float32 and the float64 run of a side that gives these numbers."""
    return {k: v.astype(np.float32) for k, v in arrays.items()}, dict(arrays)


def judge(candidate: dict[str, np.ndarray], reference: dict[str, np.ndarray] = RIGHT) -> Verdict:
    ref32, ref64 = in_both(reference)
    cand32, cand64 = in_both(candidate)
    return worst(o.verdict for o in compare(FourRuns(ref32, cand32, ref64, cand64)))


def changed(name: str, value: np.ndarray) -> dict[str, np.ndarray]:
    return {**RIGHT, name: value}


def one_off(index: int, by: float) -> np.ndarray:
    array = RIGHT["tiny"].copy()
    array[index] += by
    return array


def with_value(value: float) -> np.ndarray:
    array = RIGHT["matrix"].copy()
    array[3, 4] = value
    return array


# Fifteen differences that well-known comparators were tried with; each let two or more through.
PLANTED = {
    "transposed square": (changed("matrix", RIGHT["matrix"].T), RIGHT),
    "reversed rows": (changed("matrix", RIGHT["matrix"][::-1]), RIGHT),
    "transposed non-square": (
        changed("matrix", RIGHT["matrix"][:3].T),
        changed("matrix", RIGHT["matrix"][:3]),
    ),
    "1 of 1000 off": (changed("tiny", one_off(500, 1e-8)), RIGHT),
    "one large element": (changed("matrix", with_value(1e30)), RIGHT),
    "all NaN": (changed("matrix", np.full((12, 12), np.nan)), RIGHT),
    "NaN in the second output": (changed("vector", np.full(4, np.nan)), RIGHT),
    "+inf for -inf": (
        changed("matrix", with_value(np.inf)),
        changed("matrix", with_value(-np.inf)),
    ),
    "(4, 1) for (4,)": (changed("vector", RIGHT["vector"][:, None]), RIGHT),
    "scalar for array": (changed("vector", RIGHT["vector"].mean()), RIGHT),
    "dropped output": ({k: v for k, v in RIGHT.items() if k != "vector"}, RIGHT),
    "empty for empty": (changed("vector", np.empty(0)), changed("vector", np.empty(0))),
    "empty for another empty shape": (
        changed("vector", np.empty((0, 3))),
        changed("vector", np.empty((3, 0))),
    ),
    "no output at all": ({}, {}),
    "1e-6-scale tensor, signs flipped": (changed("tiny", -RIGHT["tiny"]), RIGHT),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_difference_does_not_pass(name):
    candidate, reference = PLANTED[name]
    assert not judge(candidate, reference).passes


def test_the_right_thing_passes():
    assert judge(RIGHT) is Verdict.IDENTICAL


def test_extra_output_is_structure():
    assert judge({**RIGHT, "more": np.ones(2)}) is Verdict.STRUCTURE


@dataclass(frozen=True)
class Single:
    """The one result of comparing one output named x."""

    ref32: np.ndarray
    cand32: np.ndarray
    ref64: np.ndarray | None
    cand64: np.ndarray | None

    @property
    def result(self):
        (result,) = compare(
            FourRuns(
                {"x": self.ref32},
                {"x": self.cand32},
                None if self.ref64 is None else {"x": self.ref64},
                None if self.cand64 is None else {"x": self.cand64},
            ),
            Context(reduction=100),
        )
        return result


TRUE = np.random.default_rng(3).normal(size=100)


def test_another_order_of_summation_is_equivalent():
    one_ulp = np.nextafter(TRUE.astype(np.float32), np.float32(9))
    result = Single(TRUE.astype(np.float32), one_ulp, TRUE, TRUE * (1 + 2e-16)).result
    assert result.verdict is Verdict.EQUIVALENT
    assert result.compared == 100


def test_worse_rounding_than_need_be_is_imprecise_and_shows_where():
    rough = TRUE.astype(np.float32)
    rough[7] += np.float32(1e-4)
    result = Single(TRUE.astype(np.float32), rough, TRUE, TRUE).result
    assert result.verdict is Verdict.IMPRECISE
    assert result.worst.index == (7,)


def test_a_part_computed_in_float32_is_named():
    single = Single(*(TRUE.astype(np.float32),) * 2, TRUE, TRUE.astype(np.float32).astype(float))
    assert single.result.verdict is Verdict.DIFFERENT
    assert "computed in float32?" in single.result.reason


def test_a_float64_run_in_another_dtype_is_structure():
    single = Single(*(TRUE.astype(np.float32),) * 2, TRUE, TRUE.astype(np.float32))
    assert single.result.verdict is Verdict.STRUCTURE


def test_dtype_is_part_of_the_structure():
    single = Single(TRUE.astype(np.float32), TRUE, TRUE, TRUE)
    assert single.result.verdict is Verdict.STRUCTURE
    assert single.result.reason == "dtype float64, expected float32"


@pytest.mark.parametrize("dtype", ["int32", "bool", "U3"])
def test_what_is_not_floating_must_be_equal(dtype):
    whole = np.arange(5).astype(dtype)
    other = whole.copy()
    other[3] = whole[0]
    assert Single(whole, whole, whole, whole).result.verdict is Verdict.IDENTICAL
    assert Single(whole, other, whole, other).result.verdict is Verdict.DIFFERENT


def test_nan_at_the_same_places_on_both_sides_is_no_difference():
    holed = TRUE.copy()
    holed[:3] = np.nan, np.inf, -np.inf
    single = Single(*(holed.astype(np.float32),) * 2, holed, holed)
    assert single.result.verdict is Verdict.IDENTICAL
    assert single.result.compared == 97


def test_nothing_but_nan_is_not_compared():
    nothing = np.full(4, np.nan)
    single = Single(*(nothing.astype(np.float32),) * 2, nothing, nothing)
    assert single.result.verdict is Verdict.NOT_COMPARED


def test_without_float64_the_bound_is_stated():
    near = TRUE.astype(np.float32) + np.float32(1e-6)
    result = Single(TRUE.astype(np.float32), near, TRUE, None).result
    assert result.verdict is Verdict.EQUIVALENT
    assert "no float64 run" in result.reason
    assert "100 terms" in result.reason
    far = TRUE.astype(np.float32) + np.float32(1e-2)
    assert Single(TRUE.astype(np.float32), far, TRUE, None).result.verdict is Verdict.DIFFERENT


FINITE = st.floats(-1e6, 1e6, width=32).filter(lambda x: x == 0 or abs(x) > 1e-6)


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=FINITE))
def test_every_tensor_is_identical_to_itself(array):
    assert judge({"x": array}, {"x": array}) is Verdict.IDENTICAL


@given(
    hnp.arrays(np.float64, st.integers(1, 30), elements=FINITE),
    st.data(),
    st.floats(1e-10, 10),
)
def test_a_logical_difference_is_caught_at_any_scale(array, data, relative):
    """However small the tensor, a change of 1e-10 of its largest element is seen."""
    scale = np.abs(array).max() or 1.0
    other = array.copy()
    other[data.draw(st.integers(0, array.size - 1))] += relative * scale
    assert not judge({"x": other}, {"x": array}).passes


@given(
    hnp.arrays(np.float64, st.integers(1, 30), elements=FINITE),
    st.integers(-60, 60),
)
def test_verdicts_do_not_depend_on_the_unit(array, exponent):
    """Scaling both sides by a power of two, which is exact, changes no verdict."""
    other = array + 1e-3
    scale = 2.0**exponent
    assert judge({"x": other}, {"x": array}) is judge({"x": other * scale}, {"x": array * scale})
