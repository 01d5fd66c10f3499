"""How fast given variants are scored, and many queries answered.

Run by `make bench-predict`.

    rate    variants a second, for transcripts of 400 residues with 1 variant, with 20, and with all
            19 substitutions of 64 residues: by the whole network, variant by variant in batches of
            256, as `gmvp predict` did; and by the per-residue engine. Both warm, in turns, with the
            same weights; the median counts.
    memory  `gmvp predict` in a process of its own, on 10,000 and on 1,000,000 variants, peak memory
    lookup  10,000 queries of a finalized table of about 1,000,000 rows: `gmvp lookup --list`, and
            each query by itself, as one argument after another was answered, of every tenth query
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

from benchmarks.answering import asking
from benchmarks.scoring_given import SEED, draw_ensemble

PARTS, WIDTHS = ("rate", "memory", "lookup"), (512, 32)
LENGTH, AMINO_ACIDS = 400, "ACDEFGHIKLMNPQRSTVWY"
# Transcripts, residues of each, and substitutions of a residue.
CASES = {"1": (128, 1, 1), "20": (12, 20, 1), "all": (1, 64, 19)}
FEW, MANY = 10_000, 1_000_000
QUERIES, ROWS = 10_000, 1_000_000
_SAMPLED = 10  # every tenth query is answered by itself
_UNLIKE = 1e-5


class Rate(NamedTuple):
    """Variants a second by the network and by the engine.

    cpu_ms: processor time of a variant by either side, which other programs disturb less.
    peaks_mb: peak memory of either side.
    """

    before: float
    engine: float
    cpu_ms: tuple[float, float]
    peaks_mb: tuple[float, float]


def draw_matrices(folder: Path, number: int) -> list[str]:
    """Write matrices of proteins, eight of them different; return their residues."""
    from benchmarks.families import drawn_matrix

    folder.mkdir()
    random = np.random.default_rng(SEED)
    different = [drawn_matrix(LENGTH, random) for _ in range(min(number, 8))]
    proteins = []
    for each in range(number):
        matrix = different[each % len(different)]
        path = folder / f"T{each}.npy"
        if each < len(different):
            np.save(path, matrix)
        else:
            path.hardlink_to(folder / f"T{each % len(different)}.npy")
        proteins.append("".join(AMINO_ACIDS[int(code)] for code in matrix[:, 0]))
    return proteins


def write_variants(path: Path, proteins: list[str], residues: int, each: int) -> int:
    """Write so many substitutions of so many residues of each protein; return their number."""
    random, count = np.random.default_rng(SEED), 0
    with open(path, "w") as file:
        file.write("transcript_id\taa_pos\tref_aa\talt_aa\n")
        for number, protein in enumerate(proteins):
            for position in sorted(random.choice(len(protein), residues, replace=False).tolist()):
                ref = protein[position]
                others = [letter for letter in AMINO_ACIDS if letter != ref]
                for alt in random.permutation(others)[:each].tolist():
                    file.write(f"T{number}\t{position + 1}\t{ref}\t{alt}\n")
                    count += 1
    return count


def measure_rate(folder: Path, width: int, case: str, threads: int, rounds: int) -> Rate:
    """Score a table by both sides in turns."""
    transcripts, residues, each = CASES[case]
    features, table = folder / f"features-{width}-{case}", folder / f"{width}-{case}.tsv"
    proteins = draw_matrices(features, transcripts)
    count = write_variants(table, proteins, residues, each)
    (model,) = draw_ensemble(folder, width, 1).models
    before, engine = [], []
    with ExitStack() as processes:
        given = (threads, table, features, model)
        sides = [
            processes.enter_context(asking("benchmarks.predict_process", side, *given))
            for side in ("network", "engine")
        ]
        for _ in range(1 + rounds):
            before.append(sides[0]("score"))
            engine += [sides[1]("score") for _ in range(3)]
    if abs(before[0].answer - engine[0].answer) > _UNLIKE:
        raise RuntimeError(f"scores differ: {before[0].answer}, {engine[0].answer}")
    sides_taken = before[1:], engine[3:]
    seconds = [median(taken.seconds for taken in side) for side in sides_taken]
    cpu = [1000 * median(taken.cpu_seconds for taken in side) / count for side in sides_taken]
    return Rate(
        count / seconds[0],
        count / seconds[1],
        (cpu[0], cpu[1]),
        (before[-1].peak_mb, engine[-1].peak_mb),
    )


def run_command(*words: object) -> dict[str, float]:
    """Run a command of gmvp; return its seconds and peak_mb."""
    command = [sys.executable, "-m", "benchmarks.predict_process", "command", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure_memory(folder: Path, variants: int) -> dict[str, float]:
    """Score variants, all 19 of every residue, by a model of width 32."""
    features, table = folder / f"features-{variants}", folder / f"{variants}.tsv"
    proteins = draw_matrices(features, -(-variants // (19 * LENGTH)))
    count = write_variants(table, proteins, LENGTH, 19)
    (model,) = draw_ensemble(folder, 32, 1).models
    words = ["predict", "--model", model, "--variants", table, "--features", features]
    found = run_command(*words, "--device", "cpu", "-o", folder / f"{variants}-scores.tsv")
    return {"variants": count, **found}


def draw_table(folder: Path, rows: int) -> list[str]:
    """Write finalized.tsv.gz, and queries.txt; return the queries."""
    from benchmarks.bench_finalize import by_gmvp, draw

    draw(folder, rows)
    by_gmvp(folder, folder / "finalized.tsv.gz", "1GB", 1)
    random = np.random.default_rng(SEED)
    with open(folder / "genomic.tsv") as file:
        next(file)
        every = file.read().splitlines()
    queries = []
    for line in (every[n].split("\t") for n in random.choice(len(every), QUERIES).tolist()):
        chrom, pos, ref, alt, gene, _, transcript, position, before, after = line[:10]
        kinds = (
            f"{gene} {before}{position}{after}",
            f"{transcript}:p.{before}{position}{after}",
            f"{chrom}-{pos}-{ref}-{alt}",
        )
        queries.append(kinds[int(random.integers(3))])
    (folder / "queries.txt").write_text("".join(f"{query}\n" for query in queries))
    return queries


class Lookup(NamedTuple):
    """Seconds of `lookup --list`, start-up included, and of each query by itself.

    Each is (wall clock, processor time).
    """

    listed: tuple[float, float]
    alone: tuple[float, float]


def measure_lookup(folder: Path, rows: int) -> Lookup:
    """Look many queries up by both ways; the queries by themselves are a sample."""
    from pt_gmvp.tables.lookup import answer, open_table, parse

    queries = draw_table(folder, rows)
    table = folder / "finalized.tsv.gz"
    found = run_command("lookup", table, "--list", folder / "queries.txt")
    opened, start, start_cpu = open_table(table), time.perf_counter(), time.process_time()
    parsed = [query for text in queries[::_SAMPLED] for query in parse([text])]
    if not all(answer(opened, query).rows for query in parsed):
        raise RuntimeError("a query was not found")
    taken = time.perf_counter() - start, time.process_time() - start_cpu
    return Lookup(
        (found["seconds"], found["cpu_seconds"]), (_SAMPLED * taken[0], _SAMPLED * taken[1])
    )


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS, help="d_fc and d_model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--many", type=int, default=MANY, help="variants")
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "rate" in given.parts:
            for width in given.widths:
                for case in CASES:
                    found = measure_rate(folder, width, case, given.threads, given.rounds)
                    print(
                        f"width {width}, {case} a transcript: network {found.before:,.0f} variants"
                        f" a second, engine {found.engine:,.0f}; processor {found.cpu_ms[0]:.2f}"
                        f" and {found.cpu_ms[1]:.2f} ms a variant; peaks"
                        f" {found.peaks_mb[0]:,.0f} and {found.peaks_mb[1]:,.0f} MB"
                    )
                    ratio = found.engine / found.before
                    print(f"ratio predict_over_before_{width}_{case} {ratio:.2f}")
                    ratio = found.cpu_ms[0] / found.cpu_ms[1]
                    print(f"ratio predict_over_before_cpu_{width}_{case} {ratio:.2f}", flush=True)
        if "memory" in given.parts:
            few, many = (measure_memory(folder, count) for count in (FEW, given.many))
            for each in (few, many):
                print(
                    f"{each['variants']:,.0f} variants: {each['seconds']:.1f} s, peak"
                    f" {each['peak_mb']:,.0f} MB"
                )
            ratio = many["peak_mb"] / few["peak_mb"]
            print(f"ratio memory_million_over_ten_thousand {ratio:.2f}", flush=True)
        if "lookup" in given.parts:
            listed, alone = measure_lookup(folder, ROWS)
            print(
                f"{QUERIES:,} queries: --list {listed[0]:.1f} s, each by itself {alone[0]:.1f} s;"
                f" processor time {listed[1]:.1f} and {alone[1]:.1f} s"
            )
            print(f"ratio lookup_list_over_arguments {alone[0] / listed[0]:.2f}")
            print(f"ratio lookup_list_over_arguments_cpu {alone[1] / listed[1]:.2f}")


if __name__ == "__main__":
    main()
