"""Memory of a conversion, which must not grow with the size of the file.

Run as `python benchmarks/bench_store_memory.py 0.2 20`: for each size in GB a TFRecord file is made
of many drawn proteins, in a temporary folder (below $TMPDIR) that is removed, and is converted by
`gmvp-convert records` in a process of its own. The last line gives the peak of the last size over
that of the first.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from converters.records.variant_record import VariantRecord, write_records
from converters.windows import cut

_RECORD_BYTES = 225_130


def drawn_records(size: float) -> Iterator[VariantRecord]:
    """Draw proteins until `size` bytes of records are made: every position, several residues."""
    generator = np.random.default_rng(2020)
    count, protein = int(size / _RECORD_BYTES), 0
    while count > 0:
        length = int(generator.integers(100, 900))
        matrix = generator.random((length, 435), np.float32)
        for position in range(length):
            feature, mask = cut(matrix, np.array([position]))
            for alt in generator.choice(20, 3, replace=False).tolist():
                if count > 0:
                    name = f"ENST{protein:011d}_{position + 1}_A_{alt}"
                    yield VariantRecord(name, alt % 2, 0, alt, feature[0], mask[0])
                count -= 1
        protein += 1


def peak_of_conversion(folder: Path, size: float) -> float:
    """Convert a drawn file of `size` bytes; returns the peak resident memory in MB."""
    source = folder / "drawn.tfrec"
    count = write_records(source, drawn_records(size))
    command = [sys.executable, "-m", "converters.cli", "records"]
    start = time.perf_counter()
    process = subprocess.Popen(
        [*command, str(source), "-o", str(folder / "store")], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the conversion failed with {process.returncode}")
    seconds = time.perf_counter() - start
    held = sum(file.stat().st_size for file in (folder / "store").iterdir())
    peak = usage.ru_maxrss / 1024
    print(
        f"{source.stat().st_size / 1e9:.2f} GB, {count} records: {seconds:.1f} s,"
        f" {count / seconds:.0f} records/s, store {held / 1e6:.1f} MB, peak {peak:.1f} MB",
        flush=True,
    )
    return peak


def main() -> None:
    """Measure the given sizes, in GB."""
    sizes = [float(text) for text in sys.argv[1:]] or [0.2, 20.0]
    peaks = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            peaks.append(peak_of_conversion(Path(folder), size * 1e9))
    print(
        f"ratio store_memory_{sizes[-1]:g}GB_over_{sizes[0] * 1000:g}MB {peaks[-1] / peaks[0]:.3f}"
    )


if __name__ == "__main__":
    main()
