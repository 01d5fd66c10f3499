"""Reading ahead in a second thread.

Reading a file and copying arrays release Python's lock, so that two cores are used.
"""

from collections.abc import Generator
from contextlib import closing
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

_POLL = 0.1  # seconds between checks whether a waiting thread is still needed


class _End:
    """End of the queue, with the error that ended the reading, or None."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def read_ahead(items: Generator[T, None, None], depth: int = 2) -> Generator[T, None, None]:
    """Yield the items in order, up to `depth` of them made ahead by a thread.

    An error in the thread is raised here, after the items before it. However the reading ends (at
    the last item, by an error, by closing this iterator, by Ctrl-C), the thread ends with it.
    """
    queue: Queue[T | _End] = Queue(depth)
    unwanted = Event()
    thread = Thread(target=_fill, args=(items, queue, unwanted), daemon=True)
    thread.start()
    try:
        while True:
            item = queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        unwanted.set()
        # A free place in the queue wakes a thread that waits for one.
        while not queue.empty():
            try:
                queue.get_nowait()
            except Empty:
                break
        thread.join()


def _fill(items: Generator[T, None, None], queue: "Queue[T | _End]", unwanted: Event) -> None:
    end = _End(None)
    try:
        with closing(items):
            for item in items:
                if not _put(queue, item, unwanted):
                    return
    except BaseException as error:
        end = _End(error)
    _put(queue, end, unwanted)


def _put(queue: "Queue[T | _End]", item: T | _End, unwanted: Event) -> bool:
    while not unwanted.is_set():
        try:
            queue.put(item, timeout=_POLL)
        except Full:
            continue
        return True
    return False
