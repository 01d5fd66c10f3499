"""Whether the data path or the training step limits an epoch of a full-size run.

Run by `make bench-epoch`. Of the ten files of a full-size simulation (19,000 transcripts, 120,000
variants, tensor stores) the first is generated, as it would be in the whole run, in a temporary
folder that is removed; the files are of one size and kind, so that the whole is ten times the part,
and an epoch nine times, the tenth file being held out. The file is read in shuffled batches without
a model: from the page cache, and with the cache dropped before, checksums verified then. Beside it
a training step of the released configuration is timed on the CPU, in the fast form, as `gmvp train`
takes it.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

TRANSCRIPTS, VARIANTS, SEED = 19_000, 120_000, 1
FILES, TRAINED = 10, 9
BATCH, STEP_BATCH, ROUNDS = 512, 64, 3


class Part(NamedTuple):
    """A generated file: its path, variants and bytes; seconds by clock and by core; peak memory."""

    path: Path
    variants: int
    bytes: int
    seconds: float
    core_seconds: float
    megabytes: float


class Rates(NamedTuple):
    """Variants a second of the loader, from the page cache and from the disk, and of a step."""

    warm: float
    cold: float
    step: float


def generate(folder: Path, transcripts: int, variants: int) -> Part:
    """Make the first of the ten files of a full-size simulation."""
    from converters.simulation.part import Outputs
    from converters.simulation.part import Part as Making
    from converters.simulation.plan import Settings, make_plan

    settings, outputs = Settings(transcripts, variants, SEED), Outputs("store")
    start, spent = time.perf_counter(), time.process_time()
    plan = make_plan(settings)
    Making(settings, outputs, plan, 0).write(folder, lambda units: None)
    path = folder / outputs.part(0)
    size = sum(file.stat().st_size for file in path.iterdir())
    taken = time.perf_counter() - start, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Part(path, int((plan.file == 0).sum()), size, *taken, peak)


def read_all(batches: Iterator[Any]) -> float:
    """Return the seconds to take all batches; none is kept."""
    start = time.perf_counter()
    for batch in batches:
        del batch
    return time.perf_counter() - start


def forget(folder: Path) -> None:
    """Drop a folder's files from the page cache."""
    for path in folder.iterdir():
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def measure(part: Part, batch: int, step_batch: int, rounds: int, workers: int) -> Rates:
    """Measure in turns, and take the median of the rounds."""
    from pt_gmvp import GMVP
    from pt_gmvp.data import StoreDataset, loader
    from pt_gmvp.optim import KerasAdam
    from pt_gmvp.training import train_step

    model = GMVP(form="fast").train()
    optimizer = KerasAdam(model.parameters())
    few = next(iter(loader(StoreDataset(part.path), step_batch, shuffle=True)))
    warm_source = loader(StoreDataset(part.path), batch, shuffle=True, num_workers=workers)
    read_all(iter(warm_source))
    train_step(model, optimizer, few)
    taken = dict[str, list[float]](warm=[], cold=[], step=[])
    for _ in range(rounds):
        taken["warm"].append(read_all(iter(warm_source)) / part.variants)
        forget(part.path)
        cold = loader(StoreDataset(part.path), batch, shuffle=True, num_workers=workers)
        taken["cold"].append(read_all(iter(cold)) / part.variants)
        start = time.perf_counter()
        train_step(model, optimizer, few)
        taken["step"].append((time.perf_counter() - start) / step_batch)
    return Rates(**{name: 1 / median(each) for name, each in taken.items()})


def show(part: Part, rates: Rates, variants: int, batch: int, step_batch: int) -> None:
    """Print the measurements and their extrapolation to the whole data set."""
    trained = variants * TRAINED // FILES
    print(
        f"one file of ten: {part.variants:,} variants, {part.bytes / 1e9:.2f} GB, made in"
        f" {part.seconds:.0f} s ({part.core_seconds:.0f} s of one core,"
        f" {part.megabytes:.0f} MB of memory)\n"
        f"all ten: {FILES} x {part.bytes / 1e9:.2f} = {FILES * part.bytes / 1e9:.1f} GB,"
        f" {FILES} x {part.core_seconds:.0f} = {FILES * part.core_seconds:,.0f} s of one core\n"
        f"an epoch: {trained:,} variants, {-(-trained // batch)} batches of {batch}\n"
    )
    for name, told in (
        ("warm", f"loader, batch {batch}, page cache warm"),
        ("cold", f"loader, batch {batch}, page cache dropped, checksums verified"),
        ("step", f"training step, fast form, batch {step_batch}, CPU"),
    ):
        rate = getattr(rates, name)
        print(f"{told:60} {rate:10,.0f} variants/s   epoch {trained / rate:10,.1f} s")
    print()
    for name in ("warm", "cold"):
        print(f"ratio step_over_data_{name}_{batch} {getattr(rates, name) / rates.step:.2f}")


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcripts", type=int, default=TRANSCRIPTS)
    parser.add_argument("--variants", type=int, default=VARIANTS)
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--step-batch", type=int, default=STEP_BATCH)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--workers", type=int, default=0)
    given = parser.parse_args()
    from pt_gmvp.runs.process import prepare

    # As `gmvp train` does; before torch is loaded.
    prepare()
    with tempfile.TemporaryDirectory() as folder:
        part = generate(Path(folder), given.transcripts, given.variants)
        rates = measure(part, given.batch, given.step_batch, given.rounds, given.workers)
    print(
        f"{given.transcripts:,} transcripts, {given.variants:,} variants, seed {SEED}; median of"
        f" {given.rounds} rounds, {os.cpu_count()} cores, {given.workers} worker processes"
    )
    show(part, rates, given.variants, given.batch, given.step_batch)


if __name__ == "__main__":
    main()
