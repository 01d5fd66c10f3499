"""Work that is spread over threads: its order, its errors, and torch's threads after it."""

import multiprocessing
import threading
import time

import pytest
import torch

from pt_gmvp.forms.threads import spread


@pytest.fixture(autouse=True, params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_it_is_in_order_however_long_each_takes(threads):
    def slow(number):
        time.sleep(0.01 * (5 - number))
        return number, torch.get_num_threads(), threading.current_thread()

    found = spread(slow, range(5))
    assert [number for number, _, _ in found] == list(range(5))
    assert {alone for _, alone, _ in found} == {1}
    by = {thread for _, _, thread in found}
    assert by == {threading.main_thread()} if threads == 1 else threading.main_thread() not in by
    assert torch.get_num_threads() == threads


def test_the_first_error_is_raised(threads):
    def fails(number):
        if number:
            raise ValueError(f"of {number}")

    with pytest.raises(ValueError, match="of 1"):
        spread(fails, range(4))
    assert torch.get_num_threads() == threads


def test_of_nothing_comes_nothing():
    assert spread(str, []) == []


def _in_child(queue):
    queue.put(spread(lambda number: number**2, range(4)))


@pytest.mark.filterwarnings("ignore:This process.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    spread(str, range(4))
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert queue.get() == [0, 1, 4, 9]


def test_work_within_work_is_done_by_the_same_thread():
    def outer(number):
        me = threading.get_ident()
        return spread(lambda _: threading.get_ident() == me, range(3))

    assert spread(outer, range(3)) == [[True] * 3] * 3
