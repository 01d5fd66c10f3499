"""Speed of readers: tf.data with the original's parser, this project's ways, and plain reads.

Run by `make bench-data`. One file is made in a temporary folder, which is removed; everything is
read once before it is measured, so that files come from the page cache. The readers take turns, and
the median of each counts, as the machine may be busy with other work.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.tfdata_reader import tfdata_reader

SEED, RECORDS, PROTEIN, ROUNDS = 1, 1536, 600, 5
BATCH_SIZES = (64, 512)
TRANSCRIPT = "PROTEIN"


class Files(NamedTuple):
    """The same variants in every format."""

    records: Path
    store: Path
    table: Path
    features: Path


def generate(folder: Path, count: int) -> Files:
    """Make the variants of one protein, all substitutions of one position after the other."""
    from converters.records.variant_record import VariantRecord, read_records, write_records
    from converters.residues import AMINO_ACIDS
    from converters.store.writer import write_store
    from converters.windows import cut

    random = np.random.default_rng(SEED)
    matrix = random.standard_normal((PROTEIN, 435))
    matrix[:, 0] = random.integers(0, 20, PROTEIN)
    files = Files(folder / "v.tfrec", folder / "store", folder / "v.tsv", folder / "features")
    files.features.mkdir()
    np.save(files.features / f"{TRANSCRIPT}.npy", matrix)
    places = random.integers(0, PROTEIN * 20, count)
    variants = [(int(p) // 20, int(matrix[p // 20, 0]), int(p) % 20) for p in places]
    rows = [
        f"{TRANSCRIPT}\t{at + 1}\t{AMINO_ACIDS[ref]}\t{AMINO_ACIDS[alt]}\t{n % 2}\tvariant_{n}\n"
        for n, (at, ref, alt) in enumerate(variants)
    ]
    files.table.write_text("transcript_id\taa_pos\tref_aa\talt_aa\ttarget\tvar\n" + "".join(rows))

    def made() -> Iterator[VariantRecord]:
        for number, (position, ref, alt) in enumerate(variants):
            feature, mask = cut(matrix, np.array([position]))
            yield VariantRecord(f"variant_{number}", number % 2, ref, alt, feature[0], mask[0])

    write_records(files.records, made())
    write_store(files.store, read_records(files.records))
    return files


def plain(path: Path, checked: bool) -> Callable[[], None]:
    """Read a file a record's worth at a time, with CRC32C of all of it or without."""
    import google_crc32c

    def read() -> None:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(225_000):
                if checked:
                    google_crc32c.value(block)

    return read


def drained(batches: Callable[[], Iterable[Any]]) -> Callable[[], None]:
    """Read all batches without keeping any."""

    def read() -> None:
        for _ in batches():
            pass

    return read


def ways(files: Files, read_by_tfdata: Callable[[int], None]) -> dict[str, Callable[[], None]]:
    """Return every way to read by name; those of batches end in the batch size."""
    from converters.records.variant_record import read_records
    from pt_gmvp.data import RecordDataset, StoreDataset, TableDataset, loader, read_batches

    found = {
        "plain": plain(files.records, checked=False),
        "plain_crc": plain(files.records, checked=True),
        "records": drained(lambda: read_records(files.records)),
    }
    datasets = {
        "numbered": RecordDataset(files.records),
        "store": StoreDataset(files.store),
        "store_shared": StoreDataset(files.store, share_windows=True),
        "table": TableDataset(files.table, files.features),
        "table_shared": TableDataset(files.table, files.features, share_windows=True),
    }
    for size in BATCH_SIZES:
        found[f"tfdata_{size}"] = partial(read_by_tfdata, size)
        found[f"tfrecord_{size}"] = drained(partial(read_batches, files.records, size))
        for name, dataset in datasets.items():
            found[f"{name}_{size}"] = drained(loader(dataset, size).__iter__)
    return found


def measure(found: dict[str, Callable[[], None]], rounds: int) -> dict[str, float]:
    """Return the median seconds of each way over rounds in which they take turns."""
    for read in found.values():
        read()
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(rounds):
        for name, read in found.items():
            start = time.perf_counter()
            read()
            seconds[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in seconds.items()}


ABOUT = {
    "plain": "plain read of the TFRecord file",
    "plain_crc": "plain read with CRC32C",
    "records": "TFRecord reader, single records",
    "tfdata": "tf.data with the original's parser",
    "tfrecord": "TFRecords, in order",
    "numbered": "TFRecords, by number",
    "store": "tensor store",
    "store_shared": "tensor store, windows shared",
    "table": "table and matrices",
    "table_shared": "table and matrices, windows shared",
}


def show(seconds: dict[str, float], count: int, size: int) -> None:
    """Print the results as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table("way", "batch", "records/s", "MB/s of TFRecord", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, taken in seconds.items():
        way, _, batch = name.rpartition("_") if name[-1].isdigit() else (name, "", "")
        rates = (f"{count / taken:,.0f}", f"{size / taken / 1e6:,.0f}")
        table.add_row(ABOUT[way], batch, *rates)
    Console(width=100).print(table)


def ratios(seconds: dict[str, float]) -> dict[str, float]:
    """Return how many times as fast the first is as the second."""
    pairs = {
        "records_over_plain_read": ("records", "plain"),
        "records_over_plain_read_crc": ("records", "plain_crc"),
    }
    for size in BATCH_SIZES:
        pairs[f"tfrecord_over_plain_read_crc_{size}"] = (f"tfrecord_{size}", "plain_crc")
        for way in ("tfrecord", "numbered", "store", "store_shared", "table", "table_shared"):
            pairs[f"{way}_over_tfdata_{size}"] = (f"{way}_{size}", f"tfdata_{size}")
    return {name: seconds[slow] / seconds[fast] for name, (fast, slow) in pairs.items()}


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = generate(Path(folder), given.records)
        size = files.records.stat().st_size
        print(
            f"{given.records} records of one protein of {PROTEIN} residues (seed {SEED}), "
            f"{size / 1e6:,.0f} MB of TFRecord; page cache warm; median of {given.rounds} rounds, "
            f"{os.cpu_count()} cores, no worker processes; tf.data in a process of its own\n"
        )
        with tfdata_reader(files.records) as read_by_tfdata:
            seconds = measure(ways(files, read_by_tfdata), given.rounds)
    show(seconds, given.records, size)
    print()
    for name, ratio in ratios(seconds).items():
        print(f"ratio {name} {ratio:.2f}")


if __name__ == "__main__":
    main()
