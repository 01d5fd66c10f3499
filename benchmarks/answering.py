"""Processes that answer one request after another, so that several can be measured in turns.

Each side has its own, so that neither framework's allocator, threads and peak memory mix with the
other's.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from subprocess import PIPE, Popen
from typing import NamedTuple


class Taken(NamedTuple):
    """Time, answer, and the process' peak resident memory up to then."""

    seconds: float
    cpu_seconds: float
    answer: float
    peak_mb: float


@contextmanager
def asking(module: str, *arguments: object) -> Iterator[Callable[[str], Taken]]:
    """Start `python -m module arguments`; yield a function that sends it a request."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def ask(request: str) -> Taken:
            requests.write(f"{request}\n")
            answer = answers.readline()
            if not answer:
                raise RuntimeError(f"{' '.join(command)} has ended; see above")
            return Taken(*json.loads(answer))

        yield ask
        requests.close()


def answer(answers: Mapping[str, Callable[[], float]]) -> None:
    """Answer requests by name until there are no more."""
    for line in sys.stdin:
        start, start_cpu = time.perf_counter(), time.process_time()
        answer = answers[line.strip()]()
        taken = time.perf_counter() - start, time.process_time() - start_cpu
        print(json.dumps(Taken(*taken, answer, peak_mb())), flush=True)


def peak_mb() -> float:
    """Return the peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
