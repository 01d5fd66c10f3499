"""Numbers are noted once, in order, as long as there are few."""

import numpy as np

from parity.declaring.boundary_watch import BoundaryWatch


def test_finite_numbers_are_noted_once_in_the_order_met():
    watch = BoundaryWatch("exact")
    watch.see([2, 0.5, np.inf, np.nan])
    watch.see([0.5, -1])
    assert list(watch.numbers) == [2.0, 0.5, -1.0]


def test_a_long_table_is_cut():
    watch = BoundaryWatch("exact")
    watch.see(range(1000))
    assert list(watch.numbers) == list(map(float, range(32)))


def test_no_constant_is_changed():
    watch = BoundaryWatch("rounded")
    assert not watch.change("mul", np.array(0.1), np.array(float(np.float32(0.1))))


def test_numbers_noted_in_another_process_are_taken_over():
    here, there = BoundaryWatch("exact"), BoundaryWatch("exact")
    here.see([1.0])
    there.see([2.0])
    here.take_over(there)
    assert list(here.numbers) == [1.0, 2.0]
