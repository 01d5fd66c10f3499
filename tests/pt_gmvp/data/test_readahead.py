import threading

import pytest

from pt_gmvp.data.readahead import read_ahead


def threads():
    return threading.active_count()


def test_items_come_in_order_and_the_thread_ends():
    before = threads()
    assert list(read_ahead(iter_of(range(50)))) == list(range(50))
    assert threads() == before


def iter_of(items, error=None):
    yield from items
    if error is not None:
        raise error


def test_an_error_is_raised_after_the_items_before_it():
    items = read_ahead(iter_of([1, 2, 3], OSError("lost")))
    assert [next(items), next(items), next(items)] == [1, 2, 3]
    with pytest.raises(OSError, match="lost"):
        next(items)


def test_an_abandoned_reader_ends_with_its_thread():
    before, closed = threads(), []

    def endless():
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    items = read_ahead(endless())
    next(items)
    items.close()
    assert (closed, threads()) == ([True], before)
