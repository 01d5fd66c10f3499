"""Keeps what a framework's C++ code says of itself while it is loaded off the user's terminal."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the standard error of this process; give it out only if the block fails.

    Works on the file descriptor, since the messages do not pass through Python, and TensorFlow's
    own switch (TF_CPP_MIN_LOG_LEVEL) is read too late for those of its start.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
