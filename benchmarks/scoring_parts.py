"""Parts of `bench_score`: warm models, whole processes, and a protein of titin's length."""

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.answering import Taken, asking
from benchmarks.scoring_given import Ensemble
from benchmarks.scoring_process import SIDE, VARIANTS

# Residues of the proteins that the reference scores: what a further one takes follows, and with it
# what it takes for all. Whole batches of its own size, so that it makes one graph.
FEW, MORE = 10, 110
# What float32 may do to a mean of probabilities.
_UNLIKE = 1e-5


class Warm(NamedTuple):
    """Residues a second of either side, with all models; the engine's by CPU time, a core's.

    multiplied: multiply-adds a second of the product of large matrices.
    counted: multiply-adds of products that the engine takes for a residue and model.
    """

    reference: float
    engine: float
    engine_core: float
    multiplied: float
    counted: float
    peaks_mb: tuple[float, float]


def measure_warm(given: Ensemble, protein: Path, threads: int, rounds: int) -> Warm:
    """Score in turns: a batch of 512 variants, a protein, and a product of matrices."""
    of_reference: list[Taken] = []
    of_engine: list[Taken] = []
    products: list[Taken] = []
    process = "benchmarks.scoring_process"
    with ExitStack() as processes:
        arguments = "tensorflow", protein, threads, given.config, *given.weights
        reference = processes.enter_context(asking(process, *arguments))
        engine = processes.enter_context(asking(process, "engine", protein, threads, *given.models))
        counted = engine("count").answer
        for _ in range(1 + rounds):
            of_reference.append(reference("score"))
            for _ in range(3):
                of_engine.append(engine("score"))
                products.append(engine("multiply"))
    if abs(of_reference[0].answer - of_engine[0].answer) > _UNLIKE:
        raise RuntimeError(f"scores differ: {of_reference[0].answer}, {of_engine[0].answer}")
    length = len(np.load(protein, mmap_mode="r"))
    return Warm(
        VARIANTS / 20 / median(taken.seconds for taken in of_reference[1:]),
        length / median(taken.seconds for taken in of_engine[3:]),
        length / median(taken.cpu_seconds for taken in of_engine[3:]),
        SIDE**3 / median(taken.seconds for taken in products[3:]),
        counted,
        (of_reference[-1].peak_mb, of_engine[-1].peak_mb),
    )


class Whole(NamedTuple):
    """Seconds of whole processes, for `residues` residues.

    few, more: of the reference, for a protein of 10 and of 30.
    engine: of `gmvp score`.
    """

    few: float
    more: float
    engine: float
    residues: int

    @property
    def reference(self) -> float:
        """Return the time of the reference for all residues, extrapolated from two measurements."""
        each = (self.more - self.few) / (MORE - FEW)
        return self.few + each * (self.residues - FEW)


def measure_whole(given: Ensemble, folder: Path, lengths: dict[str, int], rounds: int) -> Whole:
    """Run both commands in turns: the reference on parts of a protein, the port on all proteins."""
    parts = folder.with_name("parts")
    parts.mkdir(exist_ok=True)
    first = np.load(folder / f"{next(iter(lengths))}.npy")
    for residues in (FEW, MORE):
        np.save(parts / f"P{residues}.npy", first[:residues])
        (parts / f"{residues}.txt").write_text(f"P{residues}\n")

    def reference(residues: int) -> Callable[[], None]:
        command = ["-m", "legacy_tf", "predict", "--config", given.config, "--weights"]
        command += [*given.weights, "--transcripts", parts / f"{residues}.txt"]
        command += ["--features", parts, "--output", parts / "reference.tsv"]
        return lambda: _run(command)

    def engine() -> None:
        out = parts / "engine.tsv"
        out.unlink(missing_ok=True)
        models = [part for model in given.models for part in ("--model", model)]
        _run(["-m", "pt_gmvp.cli", "score", "--features", folder, *models, "-o", out])

    ways = {"few": reference(FEW), "more": reference(MORE), "engine": engine}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            taken[name].append(time.perf_counter() - start)
    return Whole(
        **{name: median(each) for name, each in taken.items()}, residues=sum(lengths.values())
    )


def _run(arguments: list[object]) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))}\nfailed: {done.stderr.strip()}")


class Long(NamedTuple):
    """Residues a second of a protein of titin's length with all models, and peak memory."""

    rate: float
    peak_mb: float


def measure_long(given: Ensemble, protein: Path, threads: int) -> Long:
    """Score it once, in a process of its own."""
    process = "benchmarks.scoring_process"
    with asking(process, "engine", protein, threads, *given.models) as engine:
        taken = engine("score")
    return Long(len(np.load(protein, mmap_mode="r")) / taken.seconds, taken.peak_mb)
