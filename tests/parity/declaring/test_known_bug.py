"""A known bug has a name, and says which side a hypothesis of it changes."""

from contextlib import nullcontext

import pytest

from parity.declaring.known_bug import (
    ChangedInputs,
    ChangedOutputs,
    ChangedWeights,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)


def unchanged(arrays, *_):
    return arrays


@pytest.mark.parametrize(
    ("change", "on_reference", "recognisable"),
    [
        (ChangedWeights(unchanged), True, True),
        (ChangedInputs(unchanged), True, True),
        (ChangedOutputs(unchanged), True, True),
        (OtherOptions({}), True, True),
        (OtherOperation("mean", 0, "as a sum"), False, True),
        (PatchedCode(nullcontext), False, False),
        (PatchedCode(nullcontext, unchanged), False, True),
    ],
)
def test_each_change_has_its_side(change, on_reference, recognisable):
    bug = KnownBug(None, "a bug", "", change)
    assert bug.on_reference is on_reference
    assert bug.recognisable is recognisable


def test_the_place_is_part_of_the_name_if_there_is_one():
    assert KnownBug(1, "not transposed", "kernel", ChangedWeights(unchanged)).name == (
        "not transposed (kernel)"
    )
    assert KnownBug(1, "not transposed", "", ChangedWeights(unchanged)).name == "not transposed"


def test_a_call_contains_what_replaces_it_and_adjoins_what_is_next_to_it():
    call = OtherOperation("mean", 0, "as a sum", before=2, after=2)
    inside = OtherOperation("sum", 0, "as a mean", before=2, after=3)
    later = OtherOperation("sum", 1, "as a mean", before=3, after=1)
    assert call.contains(inside)
    assert not call.contains(later)
    next_without_it = OtherOperation("sum", 0, "as a mean", before=2, after=1)
    assert call.adjoins(next_without_it)
    assert not call.adjoins(later)
