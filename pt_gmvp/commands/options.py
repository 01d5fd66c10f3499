"""Options that several commands have."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Precision(StrEnum):
    """What products of matrices are computed in."""

    FLOAT32 = "float32"
    TF32 = "tf32"
    BF16 = "bf16"


PrecisionOption = Annotated[Precision, typer.Option("--precision", help="Of products of matrices.")]
Models = Annotated[
    list[Path], typer.Option("--model", help="Folder of a model; several make an ensemble.")
]
ScoresOut = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Table to write: .tsv, .tsv.gz (as bgzip), .parquet; - is stdout.",
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write the account, with every failure, as JSON.")
]
