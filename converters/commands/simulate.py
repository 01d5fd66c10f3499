"""`gmvp-convert simulate`: proteins and variants of which the truth is known."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from converters.commands.failing import failing_clearly
from converters.commands.progress import progress


class RecordsForm(StrEnum):
    """What the ten files are."""

    RECORDS = "records"
    STORE = "store"


class Split(StrEnum):
    """What no two of the ten files share."""

    TRANSCRIPT = "transcript"
    POSITION = "position"


class Substitutions(StrEnum):
    """Which residues may come in."""

    SNV = "snv"
    ANY = "any"


Output = Annotated[Path, typer.Option("--output", "-o", help="Folder to be made.")]
Proteins = Annotated[int, typer.Option("--proteins", min=1, max=10_000_000, help="How many.")]
Each = Annotated[
    float, typer.Option("--variants-per-protein", min=1, max=20_000, help="On average.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same data.")]
Kind = Annotated[RecordsForm, typer.Option("--to", help="Ten TFRecord files, or ten stores.")]
Splitting = Annotated[Split, typer.Option("--split", help="What no two files share.")]
Changes = Annotated[
    Substitutions, typer.Option("--substitutions", help="By one changed nucleotide, or any.")
]
Spread = Annotated[
    float,
    typer.Option("--gene-spread", min=0, max=10, help="How much genes differ, in log odds."),
]
Sharpness = Annotated[
    float, typer.Option("--sharpness", min=0, max=100, help="How sure labels are; 0: by chance.")
]
Length = Annotated[
    float, typer.Option("--mean-length", min=60, max=5000, help="Residues of a protein.")
]
Replicate = Annotated[
    int, typer.Option("--replicate", min=0, max=9, help="The digit in train_r<digit>_<k>.")
]
Matrices = Annotated[bool, typer.Option("--matrices", help="Write feature matrices, too.")]
Raw = Annotated[
    int, typer.Option("--raw", min=0, help="Write raw files of so many proteins, the first ones.")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Processes. Default: one a core.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace a simulation that is there.")]


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
    """Simulate proteins, homologs and labelled variants; the attainable AUROC is then known.

    A killed run is gone on with by the same command. See docs/simulation.md.
    """
    with failing_clearly():
        from converters.errors import InputError
        from converters.simulation.part import Outputs
        from converters.simulation.plan import MOST, Settings
        from converters.simulation.run import simulate as run

        variants = round(proteins * variants_per_protein)
        if variants > MOST:
            raise InputError(f"{variants:,} variants; expected {MOST:,} at most")
        settings = Settings(
            proteins,
            variants,
            seed,
            split.value,
            substitutions.value,
            gene_spread,
            mean_length,
            sharpness,
        )
        outputs = Outputs(to.value, replicate, matrices, raw)
        with progress("simulated", variants, "variants") as advance:
            at_once = jobs or len(os.sched_getaffinity(0))
            account = run(settings, output, outputs, at_once, force, advance)
        _print_summary(account)
        print(f"{output} written; what is true of it is in truth.json", file=sys.stderr)


def _print_summary(account: dict[str, Any]) -> None:
    from converters.tables import new_table, print_table

    table = new_table("simulated", "")
    found = account["auroc"]
    table.add_row("proteins", f"{account['settings']['proteins']:,}")
    table.add_row("variants", f"{account['variants']:,}")
    table.add_row("harmful", f"{account['harmful']:,}")
    table.add_row("coupled pairs", f"{account['coupled_pairs']:,}")
    table.add_row(
        "AUROC attainable, expected", f"{found['expected']:.4f} ± {found['deviation']:.4f}"
    )
    table.add_row("AUROC attainable, labels as drawn", f"{found['drawn']:.4f}")
    for term, value in account["auroc_expected_without"].items():
        table.add_row(f"  expected without {term}", f"{value:.4f}")
    print_table(table, sys.stdout)
