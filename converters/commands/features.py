"""`gmvp-convert features`: feature matrices of transcripts, from their raw files."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.accounts import check_account, write_account
from converters.commands.failing import fail, failing_clearly
from converters.commands.progress import progress

if TYPE_CHECKING:
    from converters.features.build import Outcome

_SHOWN = 20
_STATUSES = ("built", "present", "skipped", "failed")


class MatrixFormat(StrEnum):
    """How matrices are stored."""

    NPY = "npy"
    PICKLE = "pickle"


Raw = Annotated[
    Path,
    typer.Option("--raw", help="Folder of raw files, <id>.<kind>; see docs/raw-inputs.md."),
]
Transcripts = Annotated[
    Path | None,
    typer.Option("--transcripts", help="File of ids, one a line. Default: all in the folder."),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder for <id>.npy; made if need be.")
]
Form = Annotated[MatrixFormat, typer.Option("--format", help="File format of a matrix.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Processes. Default: one a core.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if any transcript was skipped.")]
Force = Annotated[bool, typer.Option("--force", help="Build again what is there already.")]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write what became of each transcript as JSON here.")
]


def features(
    raw: Raw,
    output: Output,
    transcripts: Transcripts = None,
    form: Form = MatrixFormat.NPY,
    jobs: Jobs = None,
    strict: Strict = False,
    force: Force = False,
    report: Report = None,
) -> None:
    """Build transcripts' feature matrices from raw files; what is there already is left alone."""
    with failing_clearly():
        from converters.features.build import build
        from converters.features.files import FeatureError
        from converters.features.raw_files import RawFolder, read_list

        check_account(report, [transcripts])
        folder = RawFolder(raw)
        names = read_list(transcripts) if transcripts else folder.transcripts()
        if not names:
            raise FeatureError(
                f"{raw}: holds no raw file; expected <id>.compara103 and the like, see"
                " docs/raw-inputs.md"
            )
        output.mkdir(parents=True, exist_ok=True)
        with progress("features", len(names), "transcripts") as advance:
            cores = jobs or len(os.sched_getaffinity(0))
            outcomes = build(folder, names, output, form.value, cores, force, lambda: advance(1))
        if report:
            _write_report(report, outcomes)
        _print_summary(outcomes, output)
        _judge(Counter(outcome.status for outcome in outcomes), strict)


def _judge(counts: Counter[str], strict: bool) -> None:
    if counts["failed"]:
        fail(f"{counts['failed']} transcripts failed; they are named above", 1)
    if counts["skipped"] and strict:
        fail(f"{counts['skipped']} transcripts were skipped, and --strict was given", 1)
    if not counts["built"] and not counts["present"]:
        fail("no matrix was built: no transcript has all four inputs", 1)


def _print_summary(outcomes: list["Outcome"], output: Path) -> None:
    from converters.tables import new_table, print_table

    counts = Counter(outcome.status for outcome in outcomes)
    table = new_table("transcripts", "")
    for status in _STATUSES:
        table.add_row(status, f"{counts[status]:,}")
    print_table(table, sys.stdout)
    reasons = [o for o in outcomes if o.status in ("skipped", "failed")]
    if reasons:
        print()
        _print_rows(
            ("transcript", "", "why"), [(o.transcript, o.status, o.reason) for o in reasons]
        )
    notes = [(o.transcript, note) for o in outcomes for note in o.notes]
    if notes:
        print()
        _print_rows(("transcript", "note"), notes)
    print(f"matrices are in {output}", file=sys.stderr)


def _print_rows(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from converters.tables import new_table, print_table

    table = new_table(*header)
    for row in rows[:_SHOWN]:
        table.add_row(*row)
    print_table(table, sys.stdout)
    if len(rows) > _SHOWN:
        print(f"... and {len(rows) - _SHOWN:,} more; --report FILE has them all")


def _write_report(path: Path, outcomes: list["Outcome"]) -> None:
    counts = Counter(outcome.status for outcome in outcomes)
    account = {
        "counts": {status: counts[status] for status in _STATUSES},
        "transcripts": [outcome._asdict() for outcome in outcomes],
    }
    write_account(path, account)
