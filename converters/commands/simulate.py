"""`gmvp-convert simulate`: simulate proteins and variants whose true effects are known."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from converters.commands.failing import failing_clearly
from converters.commands.progress import progress
from converters.tables import print_rows


class RecordsForm(StrEnum):
    """Format of the ten files."""

    RECORDS = "records"
    STORE = "store"


class Split(StrEnum):
    """Unit that is never split across two of the ten files."""

    TRANSCRIPT = "transcript"
    POSITION = "position"


class Substitutions(StrEnum):
    """Substitutions that variants are drawn from."""

    SNV = "snv"
    ANY = "any"


Output = Annotated[Path, typer.Option("--output", "-o", help="Folder to make.")]
Proteins = Annotated[
    int, typer.Option("--proteins", min=1, max=10_000_000, help="Number of proteins.")
]
Each = Annotated[
    float, typer.Option("--variants-per-protein", min=1, max=20_000, help="Mean number.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same data.")]
Kind = Annotated[RecordsForm, typer.Option("--to", help="Ten TFRecord files, or ten stores.")]
Splitting = Annotated[Split, typer.Option("--split", help="Unit that no two files share.")]
Changes = Annotated[
    Substitutions,
    typer.Option("--substitutions", help="Only single-nucleotide changes, or any."),
]
Spread = Annotated[
    float,
    typer.Option("--gene-spread", min=0, max=10, help="How much genes differ, in log odds."),
]
Sharpness = Annotated[
    float,
    typer.Option("--sharpness", min=0, max=100, help="How deterministic labels are; 0: random."),
]
Length = Annotated[
    float, typer.Option("--mean-length", min=60, max=5000, help="Mean length of a protein.")
]
Replicate = Annotated[
    int, typer.Option("--replicate", min=0, max=9, help="The digit in train_r<digit>_<k>.")
]
Matrices = Annotated[bool, typer.Option("--matrices", help="Also write feature matrices.")]
Raw = Annotated[
    int, typer.Option("--raw", min=0, help="Number of proteins to also write raw files for.")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Processes. Default: one per core.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing simulation.")]


def simulate(
    output: Output,
    proteins: Proteins = 300,
    variants_per_protein: Each = 40.0,
    seed: Seed = 1,
    to: Kind = RecordsForm.RECORDS,
    split: Splitting = Split.TRANSCRIPT,
    substitutions: Changes = Substitutions.SNV,
    gene_spread: Spread = 0.0,
    sharpness: Sharpness = 1.0,
    mean_length: Length = 600.0,
    replicate: Replicate = 0,
    matrices: Matrices = False,
    raw: Raw = 0,
    jobs: Jobs = None,
    force: Force = False,
) -> None:
    """Simulate proteins, homologs and labelled variants, with a known attainable AUROC.

    The same command resumes an interrupted run. See docs/simulation.md.
    """
    with failing_clearly():
        from converters.errors import InputError
        from converters.simulation.part import Outputs
        from converters.simulation.plan import MOST, Settings
        from converters.simulation.run import simulate as run

        variants = round(proteins * variants_per_protein)
        if variants > MOST:
            raise InputError(f"{variants:,} variants; expected at most {MOST:,}")
        rest = split.value, substitutions.value, gene_spread, mean_length, sharpness
        settings = Settings(proteins, variants, seed, *rest)
        outputs = Outputs(to.value, replicate, matrices, raw)
        with progress("simulating", variants, "variants") as advance:
            processes = jobs or len(os.sched_getaffinity(0))
            truth = run(settings, output, outputs, processes, force, advance)
        _print_summary(truth)
        print(f"{output} written; its true values are in truth.json", file=sys.stderr)


def _print_summary(truth: dict[str, Any]) -> None:
    auroc = truth["auroc"]
    rows = [
        ("proteins", f"{truth['settings']['proteins']:,}"),
        ("variants", f"{truth['variants']:,}"),
        ("harmful", f"{truth['harmful']:,}"),
        ("coupled pairs", f"{truth['coupled_pairs']:,}"),
        ("attainable AUROC, expected", f"{auroc['expected']:.4f} ± {auroc['deviation']:.4f}"),
        ("attainable AUROC, labels as drawn", f"{auroc['drawn']:.4f}"),
    ]
    without = truth["auroc_expected_without"].items()
    rows += [(f"  expected without {term}", f"{value:.4f}") for term, value in without]
    print_rows(("simulated", ""), rows)
