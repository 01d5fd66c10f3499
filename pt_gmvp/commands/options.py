"""Options that several commands have."""

import os
import sys
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Precision(StrEnum):
    """Precision of matrix products."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BF16 = "bf16"


PrecisionOption = Annotated[
    Precision, typer.Option("--precision", help="Precision of matrix products.")
]
ScoresOut = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Table to write: .tsv, .tsv.gz (bgzip) or .parquet; - is stdout.",
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write a report with every failure as JSON.")
]


def note_unread(config: Path, more: Collection[str] = ()) -> None:
    """Print one note that names the keys of a configuration file that have no effect.

    Args:
        config: the file.
        more: further names, of what the command at hand does not read.

    Raises:
        ConfigError: as `read_file`.
    """
    from pt_gmvp.sections import read_file

    note = read_file(config).note(more)
    if note and os.environ.get("RANK", "0") == "0":
        print(f"note: {note}", file=sys.stderr)
