"""tf.data with the original's parser, in its own process, which reads on request.

A separate process, because TensorFlow's allocator and threads would slow down the other readers.
"""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def tfdata_reader(records: Path) -> "Iterator[Callable[[int], None]]":
    """Start the process; yield a function that reads all records in batches of a given size."""
    command = [sys.executable, "-m", "benchmarks.tfdata_reader", str(records)]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def read(size: int) -> None:
            requests.write(f"{size}\n")
            if answers.readline() != f"{size}\n":
                raise RuntimeError("the process that reads by tf.data has ended; see above")

        yield read
        requests.close()


def _serve(records: str) -> None:
    import parity.runners.tensorflow  # noqa: F401  # Loads TensorFlow without its greetings.
    from legacy_tf.data import validation_records

    datasets = {}
    for line in sys.stdin:
        size = int(line)
        if size not in datasets:
            datasets[size] = validation_records([records], size)
        for _ in datasets[size]:
            pass
        print(size, flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
