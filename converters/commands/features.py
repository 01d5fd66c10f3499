"""`gmvp-convert features`: build feature matrices of transcripts from raw files."""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.commands.failing import fail, failing_clearly
from converters.commands.progress import progress
from converters.commands.released_options import InputRaw, raw_and_list
from converters.tables import print_rows

if TYPE_CHECKING:
    from converters.features.build import Outcome
    from converters.features.instead import Instead

_SHOWN = 20
_STATUSES = ("built", "present", "skipped", "failed")


class MatrixFormat(StrEnum):
    """File format of a matrix."""

    NPY = "npy"
    PICKLE = "pickle"


class Optional(StrEnum):
    """Input that something can stand in for."""

    PROFILE = "profile"
    STRUCTURE = "structure"
    COUNTS = "counts"


Raw = Annotated[
    Path | None,
    typer.Option("--raw", help="Folder of raw files <id>.<kind>; see docs/raw-inputs.md."),
]
Transcripts = Annotated[
    Path | None,
    typer.Option(
        "--transcripts", help="File of ids, one per line. Default: all ids in the folder."
    ),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="Folder for <id>.npy; created if missing.")
]
StructureFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="MODEL|DIR",
        help="Structure from a PDB or mmCIF model, or a folder of <id>.pdb, <id>.cif and so on.",
    ),
]
Without = Annotated[
    list[Optional] | None,
    typer.Option(
        help="Do without this input; repeatable. The alignment's frequencies stand in for the"
        " profile, neutral values for the others."
    ),
]
NeutralFrom = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Means over these matrices as the neutral values."),
]
Form = Annotated[MatrixFormat, typer.Option("--format", help="File format of a matrix.")]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", "--cpu", min=1, help="Processes. Default: one per core."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit 1 if any transcript was skipped.")]
Force = Annotated[bool, typer.Option("--force", help="Rebuild existing matrices.")]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write the outcome of each transcript as JSON.")
]


def features(
    output: Output,
    raw: Raw = None,
    given: InputRaw = None,
    transcripts: Transcripts = None,
    structure_from: StructureFrom = None,
    without: Without = None,
    neutral_from: NeutralFrom = None,
    form: Form = MatrixFormat.NPY,
    jobs: Jobs = None,
    strict: Strict = False,
    force: Force = False,
    report: Report = None,
) -> None:
    """Build feature matrices of transcripts from raw files; existing matrices are kept."""
    with failing_clearly():
        from converters.atomic import write_json
        from converters.destination import check_outputs
        from converters.errors import InputError
        from converters.features.build import build
        from converters.features.raw_files import RawFolder, read_list

        raw, transcripts = raw_and_list(raw, transcripts, given)
        check_outputs([report], used=[transcripts])
        instead = _instead(structure_from, without or [], neutral_from)
        folder = RawFolder(raw)
        names = read_list(transcripts) if transcripts else folder.transcripts()
        if not names:
            raise InputError(
                f"{raw}: contains no raw files; expected <id>.compara103 and so on (see"
                " docs/raw-inputs.md)"
            )
        if instead.models and instead.models.single and len(names) > 1:
            raise InputError(
                f"{structure_from}: is one model, but there are {len(names)} transcripts; name"
                " its transcript by --transcripts, or give a folder of <id>.pdb and so on"
            )
        output.mkdir(parents=True, exist_ok=True)
        with progress("features", len(names), "transcripts") as advance:
            cores = jobs or len(os.sched_getaffinity(0))
            outcomes = build(
                folder, names, output, form.value, cores, force, lambda: advance(1), instead
            )
        if report:
            write_json(report, _report(outcomes))
        _print_summary(outcomes, output)
        _exit_code(Counter(outcome.status for outcome in outcomes), strict)


def _instead(models: Path | None, without: Sequence[Optional], neutral: Path | None) -> "Instead":
    from converters.errors import InputError
    from converters.features.instead import Instead, Models
    from converters.features.neutral import BUILT_IN, mean_of

    if models and Optional.STRUCTURE in without:
        raise InputError("--structure-from and --without structure exclude each other")
    if neutral and not (models or set(without) - {Optional.PROFILE}):
        raise InputError("--neutral-from needs --structure-from, or --without structure or counts")
    return Instead(
        Models(models) if models else None,
        frozenset(kind.value for kind in without),
        mean_of(neutral) if neutral else BUILT_IN,
    )


def _exit_code(counts: Counter[str], strict: bool) -> None:
    if counts["failed"]:
        fail(f"{counts['failed']} transcripts failed; they are listed above", 1)
    if counts["skipped"] and strict:
        fail(f"{counts['skipped']} transcripts were skipped, and --strict was given", 1)
    if not counts["built"] and not counts["present"]:
        fail("no matrix was built: no transcript has all of its inputs", 1)


def _print_summary(outcomes: list["Outcome"], output: Path) -> None:
    counts = Counter(outcome.status for outcome in outcomes)
    print_rows(("transcripts", ""), [(status, f"{counts[status]:,}") for status in _STATUSES])
    reasons = [o for o in outcomes if o.status in ("skipped", "failed")]
    if reasons:
        print()
        _print_first(
            ("transcript", "", "why"), [(o.transcript, o.status, o.reason) for o in reasons]
        )
    notes = [(o.transcript, note) for o in outcomes for note in o.notes]
    if notes:
        print()
        _print_first(("transcript", "note"), notes)
    _print_stand_ins(outcomes)
    print(f"matrices are in {output}", file=sys.stderr)


def _print_stand_ins(outcomes: list["Outcome"]) -> None:
    """Say what stood in for inputs, or what could have for those that are missing."""
    from converters.features.stand_ins import notes

    found = {o.transcript: o.stand_ins for o in outcomes if o.stand_ins}
    made = sum(o.status in ("built", "present") for o in outcomes)
    for note in notes(found, made):
        print(f"note: {note}; see <id>.sources.json and docs/raw-inputs.md", file=sys.stderr)
    skipped = " ".join(o.reason for o in outcomes if o.status == "skipped")
    options = {
        "profile": "--without profile, which takes the alignment's frequencies,",
        "structure": "--structure-from a model or --without structure",
        "counts": "--without counts",
    }
    for kind, option in options.items():
        if f"no {kind} (" in skipped:
            print(f"note: where {kind} is missing, {option} can stand in", file=sys.stderr)


def _print_first(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    print_rows(header, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        print(f"... and {len(rows) - _SHOWN:,} more; --report FILE lists all of them")


def _report(outcomes: list["Outcome"]) -> dict[str, Any]:
    counts = Counter(outcome.status for outcome in outcomes)
    return {
        "counts": {status: counts[status] for status in _STATUSES},
        "transcripts": [
            outcome._asdict() | {"stand_ins": dict(outcome.stand_ins)} for outcome in outcomes
        ],
    }
