import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.data.cursor import Cursor


def advance(cursor, batches, length):
    """Use batches of epochs with `length` each."""
    while batches:
        _, start = cursor.begin()
        for _ in range(min(batches, length - start)):
            cursor.step()
            batches -= 1
        if cursor.batches == length and batches:
            cursor.finish()


@given(st.integers(1, 5), st.integers(0, 20), st.integers(0, 20))
def test_a_resumed_cursor_is_where_an_uninterrupted_one_is(length, first, second):
    cursor, whole = Cursor({"seed": 1}), Cursor({"seed": 1})
    advance(cursor, first, length)
    resumed = Cursor({"seed": 1})
    resumed.load_state_dict(cursor.state_dict())
    advance(whole, first, length)
    for each in (resumed, whole):
        epoch, start = each.epoch, each.batches
        each.load_state_dict(each.state_dict())
        assert each.begin() == (epoch, start)
    assert resumed.state_dict() == whole.state_dict()


def test_an_abandoned_pass_starts_over():
    cursor = Cursor({})
    cursor.begin()
    cursor.step()
    assert cursor.begin() == (0, 0)
    cursor.finish()
    assert cursor.begin() == (1, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, "saved with seed 2, now it is 1; resume with the same"),
        ({"batches": -1}, "the state's batches is -1; expected a whole number from 0"),
        ({"epoch": True}, "the state's epoch is True"),
    ],
)
def test_other_states_are_refused(change, message):
    cursor = Cursor({"seed": 1})
    with pytest.raises(InputError, match=message):
        cursor.load_state_dict(cursor.state_dict() | change)
