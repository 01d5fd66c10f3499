"""Options of the original's data scripts, taken beside this project's own names."""

from pathlib import Path
from typing import Annotated

import typer

from converters.errors import InputError

ALL_FREQUENCIES = 1.0

InputTables = Annotated[
    list[Path] | None,
    typer.Option("--input", metavar="TABLE", help="A table; the original's name for TABLE."),
]
InputRaw = Annotated[
    Path | None,
    typer.Option(
        "--input", metavar="DIR|LIST", help="The original's name for --raw or --transcripts."
    ),
]
Frequency = Annotated[
    float,
    typer.Option("--af", help="Only 1.0, the original's default, which keeps every variant."),
]


def tables_of(
    positional: list[Path] | None, given: list[Path] | None, frequency: float
) -> list[Path]:
    """Return the tables given either way.

    Raises:
        InputError: there is none, or `frequency` is not ALL_FREQUENCIES.
    """
    if frequency != ALL_FREQUENCIES:
        raise InputError(
            f"--af {frequency:g}: variants are not selected by frequency here; select them in the"
            f" table, and leave it out or give {ALL_FREQUENCIES}"
        )
    tables = [*(positional or []), *(given or [])]
    if not tables:
        raise InputError("no table given; expected TABLE..., or --input TABLE")
    return tables


def raw_and_list(
    raw: Path | None, listed: Path | None, given: Path | None
) -> tuple[Path, Path | None]:
    """Return the folder of raw files and the list of transcripts, if any.

    Args:
        raw: of --raw.
        listed: of --transcripts.
        given: of --input: a folder stands for --raw, a file for --transcripts.

    Raises:
        InputError: one of the two is given twice, or no folder is given.
    """
    if given is not None and given.is_dir():
        if raw is not None:
            raise InputError("--input DIR and --raw are the same option; give only one of them")
        raw = given
    elif given is not None:
        if listed is not None:
            raise InputError(
                "--input LIST and --transcripts are the same option; give only one of them"
            )
        listed = given
    if raw is None:
        raise InputError("no folder of raw files given; expected --raw DIR")
    return raw, listed
