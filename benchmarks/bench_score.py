"""How fast all substitutions are scored: the original's program, and this project's engine.

Run by `make bench-score`, for widths 32 and 512, with one model and with two. Both sides score with
the same weights on the same cores, in turns, and of each the median counts.

    warm   models and data in memory: the reference a batch of 512 variants in graph mode, of which
           windows are cut beforehand; the engine a protein of about 400 residues, from its feature
           matrix. Beside it a product of large matrices, to compare the engine's rate with.
    whole  processes from start to end, for ten proteins of about 400 residues: `gmvp score` is run
           on all of them; `python -m legacy_tf predict` on a protein of 10 residues and on one of
           110, from which follows what it takes for all.
    titin  a drawn protein of 34,350 residues, by as many models as there are: peak memory.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.scoring_given import SEED, TITIN, draw_ensemble, draw_proteins, draw_titin
from benchmarks.scoring_parts import (
    FEW,
    MORE,
    Long,
    Warm,
    Whole,
    measure_long,
    measure_warm,
    measure_whole,
)

PARTS, WIDTHS = ("warm", "whole", "titin"), (32, 512)
THREADS, ROUNDS, PROTEINS = 2, 3, 10
# Whole processes take long, and differ less from run to run.
WHOLE_ROUNDS = 1
_LIMIT_MB = 2000
Found = dict[str, Mapping[tuple[int, int], Warm | Whole | Long]]


def dense(width: int) -> float:
    """Multiply-adds a residue and model, of products over all columns; 79 million at width 512.

    Covariances by products of one-hot vectors, pairs' encodings, a position's encoding and value,
    and for 20 substitutions sums of values, the output layer and the GRU cell.
    """
    once = 129 * (21 * 21 * 200 + 442 * width) + 73 * width + width**2
    return once + 20 * (129 * width + width**2 + 6 * width**2)


def show_warm(found: dict[tuple[int, int], Warm]) -> None:
    """Print (a) and (c)."""
    columns = ("legacy_tf residues/s", "engine", "times", "times, a core", "peak MB, both")
    rows = {
        case: (
            f"{x.reference:.2f}",
            f"{x.engine:,.0f}",
            f"{x.engine / x.reference:.0f}",
            f"{x.engine_core:,.0f}",
            f"{x.peaks_mb[0]:,.0f}, {x.peaks_mb[1]:,.0f}",
        )
        for case, x in found.items()
    }
    _table("models warm", columns, rows)
    columns = ("products here, G/s", "engine's own, M", "G/s", "dense, M", "G/s")
    rows = {}
    for (width, number), x in found.items():
        rate = x.engine * number
        own, whole = x.counted, dense(width)
        rows[width, number] = (
            f"{x.multiplied / 1e9:.1f}",
            f"{own / 1e6:.1f}",
            f"{rate * own / 1e9:.1f}",
            f"{whole / 1e6:.1f}",
            f"{rate * whole / 1e9:.1f}",
        )
    _table("multiply-adds of a residue and model, and a second", columns, rows)


def show_whole(found: dict[tuple[int, int], Whole]) -> None:
    """Print (b)."""
    columns = (f"legacy_tf {FEW}, s", f"{MORE}, s", "all, by these, s", "gmvp score, s", "times")
    rows = {
        case: (
            f"{x.few:.1f}",
            f"{x.more:.1f}",
            f"{x.reference:,.0f}",
            f"{x.engine:.1f}",
            f"{x.reference / x.engine:.0f}",
        )
        for case, x in found.items()
    }
    residues = next(iter(found.values())).residues
    _table(f"whole processes, {PROTEINS} proteins, {residues:,} residues", columns, rows)


def show_titin(found: dict[tuple[int, int], Long]) -> None:
    """Print (d)."""
    rows = {case: (f"{x.rate:,.0f}", f"{x.peak_mb:,.0f}") for case, x in found.items()}
    _table(f"a protein of {TITIN:,} residues", ("residues/s", "peak MB"), rows)


def _table(
    title: str, columns: tuple[str, ...], rows: Mapping[tuple[int, int], tuple[str, ...]]
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("width", "models", *columns, title=title, title_justify="left", box=None)
    for column in table.columns:
        column.justify = "right"
    for case, row in rows.items():
        table.add_row(*map(str, case), *row)
    Console(width=110).print(table)
    print(flush=True)


def ratios(found: Found) -> dict[str, float]:
    """Times the reference's rates, shares of the rate of products, of 2 GB."""
    ratios = {}
    for part, cases in found.items():
        for (width, number), x in cases.items():
            name = f"{part}_{width}_{number}"
            if isinstance(x, Warm):
                share = x.engine * number / x.multiplied
                ratios[f"score_{name}_engine_over_tensorflow"] = x.engine / x.reference
                ratios[f"score_{name}_own_products_over_matrix_product"] = share * x.counted
                ratios[f"score_{name}_dense_products_over_matrix_product"] = share * dense(width)
            elif isinstance(x, Whole):
                ratios[f"score_{name}_engine_over_tensorflow"] = x.reference / x.engine
            else:
                ratios[f"score_{name}_memory_over_2GB"] = x.peak_mb / _LIMIT_MB
    return ratios


def measure(given: argparse.Namespace, folder: Path) -> Found:
    """Run the requested measurements, and print each result as it is available."""
    ensembles = [draw_ensemble(folder, width, max(given.models)) for width in given.widths]
    cases = {(one.width, n): one.first(n) for one in ensembles for n in given.models}
    proteins = folder / "proteins"
    lengths = draw_proteins(proteins, PROTEINS)
    first = proteins / f"{next(iter(lengths))}.npy"
    found: Found = {}
    for part in given.parts:
        if part == "titin":
            titin = folder / "titin.npy"
            np.save(titin, draw_titin())
            largest = {c: x for c, x in cases.items() if c[1] == max(given.models)}
            long = {c: measure_long(x, titin, given.threads) for c, x in largest.items()}
            show_titin(long)
            found[part] = long
        elif part == "warm":
            arguments = first, given.threads, given.rounds
            warm = {c: measure_warm(x, *arguments) for c, x in cases.items()}
            show_warm(warm)
            found[part] = warm
        else:
            whole = {
                c: measure_whole(x, proteins, lengths, given.whole_rounds) for c, x in cases.items()
            }
            show_whole(whole)
            found[part] = whole
    return found


def main() -> None:
    """Draw, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS, help="d_fc and d_model")
    parser.add_argument("--models", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--threads", type=int, default=THREADS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--whole-rounds", type=int, default=WHOLE_ROUNDS)
    given = parser.parse_args()
    # No side may use more cores than it is given threads; processes inherit both.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.threads])
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    print(
        f"{given.threads} threads; median of {given.rounds} rounds in turns, of whole processes "
        f"{given.whole_rounds}; data and weights drawn, seed {SEED}\n",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        found = measure(given, Path(folder))
    for name, ratio in ratios(found).items():
        print(f"ratio {name} {ratio:.2f}")


if __name__ == "__main__":
    main()
