"""Test run of reading an HDF5 file in another process, since a damaged one can crash the library.

Run as `python -m converters.weights.probe PATH`. It prints nothing; only whether it ends matters.
"""

import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from converters.errors import WeightsError

_TIMEOUT_S = 120
_MEMORY = 8 << 30
"""Bytes of address space; a small file can list names that take more again and again."""
_TOO_MUCH = 3


def try_elsewhere(path: Path) -> None:
    """Read the file at `path` in another process, which may crash without harm.

    Raises:
        WeightsError: the process crashed, needed absurd memory, or did not end within two minutes.
            A file that is refused without a crash raises nothing here: reading it again will say
            why.
    """
    package = str(Path(__file__).resolve().parents[2])
    search = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "converters.weights.probe", str(path)],
            env={**os.environ, "PYTHONPATH": search},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(
            f"{path}: damaged, cannot be read as HDF5: the HDF5 library did not finish within"
            f" {_TIMEOUT_S} s"
        ) from None
    if done.returncode == _TOO_MUCH:
        raise WeightsError(
            f"{path}: reading it takes more than {_MEMORY >> 30} GiB of memory, too much for gMVP's"
            " weights; damaged?"
        )
    if done.returncode < 0:
        raise WeightsError(
            f"{path}: damaged, cannot be read as HDF5: it crashes the HDF5 library"
            f" (signal {-done.returncode})"
        )


def main() -> None:
    """Read the file named on the command line; only a crash or a hang matters to the caller."""
    from converters.weights.detect import read_hdf5_or_archive

    with suppress(OSError, ValueError):  # where a limit is not known or is lower already
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        read_hdf5_or_archive(Path(sys.argv[1]))
    except MemoryError:
        sys.exit(_TOO_MUCH)
    except (OSError, ValueError):
        sys.exit(1)


if __name__ == "__main__":
    main()
