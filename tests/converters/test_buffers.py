"""Memory that is used again must never change under anybody who holds it."""

import pickle

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from converters.buffers import Buffers


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


def test_is_used_again_once_it_is_let_go():
    buffers = Buffers()
    first = buffers.empty((4, 5))
    place = address(first)
    del first
    assert address(buffers.empty((2, 10))) == place
    assert address(buffers.empty((3,))) == place


def test_a_view_and_a_tensor_keep_it():
    buffers = Buffers()
    view = buffers.empty((4, 5))[1:2, ::2]
    view[:] = 7
    tensor = torch.from_numpy(buffers.empty((4, 5)))[0]
    tensor[:] = 8
    buffers.empty((4, 5))[:] = 9
    buffers.empty((4, 5))[:] = 10
    assert (view == 7).all()
    assert (tensor == 8).all()


def test_a_free_one_that_is_too_small_makes_room():
    buffers = Buffers()
    for size in (1, 2, 3, 4, 5):
        place = address(buffers.empty((size,)))
    assert address(buffers.empty((5,))) == place


def test_a_copy_begins_empty():
    buffers = Buffers()
    place = address(buffers.empty((1 << 20,)))
    copy = pickle.loads(pickle.dumps(buffers))
    assert address(copy.empty((1 << 20,))) != place


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=40), st.data())
def test_whatever_is_held_and_let_go_nothing_held_changes(steps, data):
    buffers, held = Buffers(), []
    for number, (size, let_go) in enumerate(steps):
        if let_go and held:
            held.pop(data.draw(st.integers(0, len(held) - 1)))
        array = buffers.empty((size,))
        array[:] = number
        held.append((number, array))
        del array
        for value, kept in held:
            assert (kept == value).all()


@given(st.lists(st.integers(1, 4000), max_size=8))
def test_each_begins_at_a_line(sizes):
    buffers = Buffers()
    held = [buffers.empty((size,)) for size in sizes]
    assert [address(array) % 64 for array in held] == [0] * len(sizes)
