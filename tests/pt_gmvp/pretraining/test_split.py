import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.pretraining.split import STRETCH, relatives, split, split_by_name


def sequence(start: int, length: int = 60) -> bytes:
    """A stretch of an endless sequence of which no two stretches are alike."""
    return b"".join(number.to_bytes(2, "big") for number in range(start, start + length))


STRANGERS = [sequence(1000 * number) for number in range(10)]


@given(share=st.floats(0.01, 0.99), seed=st.integers(0, 50), number=st.integers(2, 10))
def test_every_protein_is_on_one_side_and_both_have_some(share, seed, number):
    parts = split(STRANGERS[:number], share, seed)
    assert sorted(parts.training + parts.validation) == list(range(number))
    assert parts.training
    assert parts.validation
    assert abs(len(parts.validation) - share * number) <= 1
    assert parts == split(STRANGERS[:number], share, seed)


def test_another_seed_is_another_split():
    assert len({tuple(split(STRANGERS, 0.3, seed).validation) for seed in range(8)}) > 3


def test_relatives_of_relatives_never_part():
    family = [STRANGERS[0], STRANGERS[0] + STRANGERS[1], STRANGERS[1][-STRETCH:], STRANGERS[2]]
    assert len(set(relatives(family)[:3])) == 1
    assert len(set(relatives(family))) == 2
    for seed in range(10):
        parts = split(family, 0.5, seed)
        assert {0, 1, 2} <= set(parts.training) or {0, 1, 2} <= set(parts.validation)


def test_a_stretch_shorter_by_one_makes_no_relatives():
    one, other = STRANGERS[0], STRANGERS[1]
    assert len(set(relatives([one, other + one[: STRETCH - 1] + other]))) == 2
    assert len(set(relatives([one, other + one[:STRETCH] + other]))) == 1


def test_one_family_alone_cannot_be_split():
    with pytest.raises(InputError, match="all 2 proteins share stretches of 20 residues"):
        split([STRANGERS[0], STRANGERS[0]], 0.2, 0)


def test_by_name():
    parts = split_by_name(["A", "B", "C"], STRANGERS[:3], ["C"])
    assert parts == ([0, 1], [2])
    with pytest.raises(InputError, match=r"^D is to be held out, but is not among"):
        split_by_name(["A", "B", "C"], STRANGERS[:3], ["D"])
    with pytest.raises(InputError, match="every protein is held out"):
        split_by_name(["A", "B"], STRANGERS[:2], ["A", "B"])
    with pytest.raises(InputError, match=r"^B is held out, and A is not, but they share 20"):
        split_by_name(["A", "B"], [STRANGERS[0]] * 2, ["B"])
