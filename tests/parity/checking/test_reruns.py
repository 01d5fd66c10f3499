"""Further runs of a case that fails: a random side is noted, and a constant's rounding passes."""

import numpy as np

from parity.judging.verdict import Verdict, exit_code


def noisy(seed=None):
    random = np.random.default_rng(seed)
    return lambda x: {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3) * random.random()}


def right(x):
    return {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3)}


def test_a_random_reference_is_not_compared(toy, run_case):
    case = run_case(toy(right, noisy(1)))
    assert case.verdict is Verdict.NOT_COMPARED
    assert exit_code([case.verdict]) == 2
    assert case.notes[-1].startswith(
        "the reference is not deterministic: run twice on the same input, its float64 output "
        "scaled differs by "
    )
    assert {o.name: o.verdict for o in case.outputs} == {
        "mean": Verdict.IDENTICAL,
        "scaled": Verdict.NOT_COMPARED,
    }


def test_a_random_candidate_is_a_mismatch_and_is_told_why(toy, run_case):
    case = run_case(toy(noisy(1), right))
    assert case.verdict is Verdict.DIFFERENT
    assert exit_code([case.verdict]) == 1
    assert "the candidate is not deterministic" in case.notes[-1]
    assert "is it in training mode" in case.notes[-1]


def test_a_reference_whose_structure_is_random(toy, run_case):
    calls = iter(range(100))

    def growing(x):
        return {"y": np.arange(4) + next(calls)}

    case = run_case(toy(lambda x: {"y": np.arange(4) + 50}, growing))
    assert case.verdict is Verdict.NOT_COMPARED
    assert "has other values" in case.notes[-1]


def test_a_steady_mismatch_says_nothing_of_the_kind(toy, run_case):
    case = run_case(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))
    assert case.verdict is Verdict.DIFFERENT
    assert case.notes == ()


def test_threads_that_sum_in_another_order_are_no_randomness(toy, run_case):
    order = np.random.default_rng(3)

    def summed(x):
        return {"mean": x[:, order.permutation(x.shape[1])].sum(-1), "scaled": x}

    case = run_case(toy(lambda x: {"mean": x.sum(-1) + 1, "scaled": x}, summed))
    assert case.verdict is Verdict.DIFFERENT
    assert case.notes == ()


def test_what_changes_its_input_in_place_is_told(toy, run_case):
    def in_place(x):
        x *= x.dtype.type(1 / 3)
        return {"mean": x.mean(-1) * 3, "scaled": x}

    case = run_case(toy(in_place))
    assert case.verdict.passes
    assert case.notes == ("the candidate changes its input x in place",)


def test_a_numpy_side_has_no_constants_that_could_be_seen(toy, run_case):
    """The reference's 1/3 is a float32 in its float64 run."""
    case = run_case(toy(right, lambda x: {"mean": x.mean(-1), "scaled": x * np.float32(1 / 3)}))
    assert case.verdict is Verdict.DIFFERENT
    assert case.constants is None
