"""Options that several commands have."""

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
Models = Annotated[
    list[Path], typer.Option("--model", help="Folder of a model; repeat it for an ensemble.")
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
