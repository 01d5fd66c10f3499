"""Leakage: what folds share, whichever comes first and in whatever order."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.analysis.diagnosis import balance, leakage
from pt_gmvp.analysis.diagnosis.findings import Fault
from pt_gmvp.analysis.diagnosis.folds import Fold, fold_of

NAMES = st.lists(
    st.builds("T{}_{}_A_{}".format, st.integers(1, 3), st.integers(1, 4), st.sampled_from("GV")),
    min_size=2,
    max_size=12,
)


def fold(names, labels=None, windows=None):
    found = fold_of(names, np.array(labels or [n % 2 for n in range(len(names))], np.float32))
    return Fold(found.names, found.labels, found.places, windows)


@given(NAMES, NAMES)
def test_leakage_is_symmetric(one, other):
    first, second = fold(one), fold(other)
    there = leakage.measure(first, second, np.linspace(0, 1, len(other)))
    back = leakage.measure(second, first, np.linspace(0, 1, len(one)))
    assert [(s.key, s.keys) for s in there] == [(s.key, s.keys) for s in back]
    for mine, theirs in zip(there, back, strict=True):
        assert bool(mine.variants) == bool(theirs.variants)


@given(NAMES, NAMES, st.randoms(use_true_random=False))
def test_the_order_of_the_folds_does_not_matter(one, other, random):
    scores = np.array([len(name) + sum(map(ord, name)) for name in other], float)
    labels = [sum(map(ord, name)) // 3 % 2 for name in other]
    order = list(range(len(other)))
    random.shuffle(order)
    here = leakage.measure(fold(one), fold(other, labels), scores)
    there = leakage.measure(
        fold(one),
        fold([other[i] for i in order], [labels[i] for i in order]),
        scores[order],
    )
    for mine, theirs in zip(here, there, strict=True):
        assert (mine.key, mine.keys, mine.variants) == (theirs.key, theirs.keys, theirs.variants)
        np.testing.assert_allclose(mine.leaked, theirs.leaked, atol=1e-9)
        np.testing.assert_allclose(mine.lookup, theirs.lookup, atol=1e-9)


def test_what_is_shared_is_counted_by_its_key():
    training = fold(["T1_5_A_V", "T1_6_A_V", "T2_9_A_V"], windows=[b"a", b"b", b"c"])
    validation = fold(
        ["T1_5_A_V", "T1_6_A_G", "T1_7_A_V", "T3_1_A_V"], windows=[b"a", b"b", b"d", b"c"]
    )
    found = {s.key: s.variants for s in leakage.measure(training, validation, np.arange(4.0))}
    assert found == {"variant": 1, "position": 2, "window": 3, "transcript": 3}


def test_one_variant_in_both_folds_is_a_leak():
    shared = leakage.measure(
        fold(["T1_5_A_V", "T1_6_A_V"]), fold(["T1_5_A_V", "T2_1_A_V"]), np.arange(2.0)
    )
    assert Fault.LEAK in [finding.fault for finding in leakage.answer(shared).findings]


def test_a_position_that_tells_nothing_is_no_fault():
    random = np.random.default_rng(2)
    names = [f"T{n // 20}_{n + 1}_A_" for n in range(400)]
    training = fold([name + "V" for name in names], random.integers(0, 2, 400).tolist())
    validation = fold([name + "G" for name in names], random.integers(0, 2, 400).tolist())
    shared = leakage.measure(training, validation, random.random(400))
    assert [finding.fault for finding in leakage.answer(shared).findings] == [None] * 3


def test_names_that_tell_no_place_are_said_to():
    shared = leakage.measure(fold(["rs1", "rs2"]), fold(["rs3", "rs4"]), np.arange(2.0))
    assert [s.key for s in shared] == ["variant"]
    assert "do not contain transcripts and positions" in leakage.answer(shared).findings[-1].text
    assert balance.measure(fold(["rs1"]), fold(["rs2"]), np.arange(1.0)) is None


def test_the_mean_label_of_a_new_key_is_that_of_all():
    labels = np.array([1, 0, 1, 1], np.float32)
    found = leakage.mean_labels(["a", "a", "b", "c"], labels, ["a", "b", "new"])
    assert found.tolist() == [0.5, 1.0, 0.75]


def test_what_nobody_shares_is_said_in_one_line():
    shared = leakage.measure(
        fold(["T1_1_A_V", "T1_2_A_V"]), fold(["T2_1_A_V", "T2_2_A_V"]), np.arange(2.0)
    )
    (finding,) = leakage.answer(shared).findings
    assert finding.fault is None
    assert finding.text == (
        "no held-out variant has its variant or position or transcript in the training fold"
    )
