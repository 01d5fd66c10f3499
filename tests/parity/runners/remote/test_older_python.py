"""Functions in place of newer operators, compared with these operators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.runners.remote.older_python import either, either_in_place, removeprefix, removesuffix

keys = st.dictionaries(st.integers(0, 3), st.integers())


@given(keys, keys)
def test_dictionaries_are_merged(one: dict[int, int], other: dict[int, int]) -> None:
    merged = either(one, other)
    assert merged == one | other
    assert list(merged) == list(one | other)
    assert either_in_place(one, other) is one
    assert one == merged


@given(st.sets(st.integers()), st.sets(st.integers()))
def test_sets_are_united(one: set[int], other: set[int]) -> None:
    assert either(one, other) == one | other
    assert either_in_place(set(one), other) == one | other


def test_types_can_be_tested_for() -> None:
    kinds = either(either(int, str), None)
    assert isinstance(1, kinds)
    assert isinstance("a", kinds)
    assert isinstance(None, kinds)
    assert not isinstance(1.5, kinds)


@pytest.mark.parametrize("part", ["", "a", "ab", "b"])
def test_ends_of_texts_are_removed(part: str) -> None:
    assert removeprefix("abab", part) == "abab".removeprefix(part)
    assert removesuffix("abab", part) == "abab".removesuffix(part)
