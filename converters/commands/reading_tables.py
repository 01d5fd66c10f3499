"""Options and messages of all commands that read variant tables."""

import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from converters.variants.listing import Listing
    from converters.variants.reading import Read
    from converters.variants.rows import Listed

SHOWN = 20
"""Failed variants that are listed on standard error."""


TABLE_OPTIONS = ("mapped", "genes", "transcript", "label", "conflicts")
"""Names of the parameters below, which only have a meaning for tables."""


class Conflicts(StrEnum):
    """Treatment of a variant with two labels."""

    ERROR = "error"
    FIRST = "first"
    DROP = "drop"


MapOption = Annotated[
    Path | None,
    typer.Option(
        "--map",
        metavar="FILE",
        help="Two columns: an id (UniProt, RefSeq, gene, ...) and its transcript.",
    ),
]
GenesOption = Annotated[
    Path | None,
    typer.Option(
        "--genes",
        metavar="TABLE",
        help="Transcripts of genes: transcript_stable_id, display_label, gene_stable_id, or a"
        " finalized table.",
    ),
]
TranscriptOption = Annotated[
    str | None,
    typer.Option("--transcript", metavar="ID", help="Transcript of rows that name no protein."),
]
LabelOption = Annotated[
    str | None, typer.Option("--label", metavar="COLUMN", help="Column of labels. Default: target.")
]
ConflictsOption = Annotated[
    Conflicts,
    typer.Option(
        "--conflicts", help="Variants with two labels: refuse, keep the first label, or drop them."
    ),
]


def print_notes(read: "Read") -> None:
    """Print what each table of others was taken for, and the reader's notes, on standard error."""
    from converters.variants.transcripts import OWN_KINDS

    for path, kind in read.kinds:
        if kind not in OWN_KINDS:
            print(f"note: {path} is read as: {kind}", file=sys.stderr)
    for note in read.notes:
        print(f"note: {note}", file=sys.stderr)


def print_listed(listed: "Listing", reported: bool = True) -> None:
    """Print the first failed variants on standard error, a line each, and what was left out.

    A failure that is the same for several, such as a transcript without a matrix, is printed once.
    Variants that were left out are counted by kind, with the first of each kind as an example.

    Args:
        listed: all of them.
        reported: whether the command has an option --report, for the message.
    """
    everything = "; --report FILE lists all" if reported else ""
    shown: dict[str, str] = {}
    for one in listed.each(failed=True):
        shown.setdefault(f"{one.variant} {one.detail}", _line(one))
        if len(shown) > SHOWN:
            break
    for text in list(shown.values())[:SHOWN]:
        print(f"failed: {text}", file=sys.stderr)
    if (more := listed.failed - min(len(shown), SHOWN)) > 0:
        print(f"... and {more:,} more failed{everything}", file=sys.stderr)
    for count, one in listed.examples():
        of = f"{count:,} ({one.kind}), such as " if count > 1 else ""
        print(f"left out: {of}{_line(one)}", file=sys.stderr)


def _line(one: "Listed") -> str:
    return f"{one.table}, line {one.line}: {message(one)}"


def message(one: "Listed") -> str:
    """Return a listed variant for a message: its text, unless the detail begins with it."""
    variant = one.variant
    return (
        one.detail if not variant or one.detail.startswith(variant) else f"{variant}: {one.detail}"
    )


def report_rows(listed: "Listing") -> list[dict[str, Any]]:
    """Return all listed variants for JSON."""
    return [one._asdict() for one in listed.in_order()]


def counts(
    kinds: str,
    rows: int,
    variants: int,
    left_out: Mapping[str, int],
    failed: Mapping[str, int],
) -> list[tuple[str, int]]:
    """Return the lines of a summary that adds up; variants only where they are not the rows."""
    return [
        (f"rows read ({kinds})", rows),
        *([("variants in them", variants)] if variants != rows else []),
        *((f"left out: {reason}", count) for reason, count in left_out.items()),
        *((f"failed: {reason}", count) for reason, count in failed.items()),
    ]
