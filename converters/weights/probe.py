"""Test run of reading an HDF5 file in another process, since a damaged one can crash the library.

Run as `python -m converters.weights.probe PATH`. It prints nothing; only whether it ends matters.
"""

import os
import subprocess
import sys
from pathlib import Path

from converters.weights.errors import WeightsError

_PATIENCE_S = 120


def try_elsewhere(path: Path) -> None:
    """Read the file at `path` in a process of its own, so that only that one can crash.

    Raises:
        WeightsError: The process crashed, or had not ended after two minutes. Files that are
            refused in an orderly way raise nothing here: reading them will say why.
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
            timeout=_PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        raise WeightsError(
            f"{path}: cannot be read as HDF5, damaged: the HDF5 library has not come to an end"
            f" after {_PATIENCE_S} s"
        ) from None
    if done.returncode < 0:
        raise WeightsError(
            f"{path}: cannot be read as HDF5, damaged: the HDF5 library crashes on it"
            f" (signal {-done.returncode})"
        )


def main() -> None:
    """Read the file named on the command line; the exit code tells nothing but a crash."""
    from converters.weights.detect import read_hdf5_or_archive

    try:
        read_hdf5_or_archive(Path(sys.argv[1]))
    except (OSError, ValueError):
        sys.exit(1)


if __name__ == "__main__":
    main()
