"""`gmvp-convert variants`: write records of the variants in a table, from feature matrices."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.commands.failing import fail, failing_clearly
from converters.commands.progress import progress
from converters.commands.reading_tables import (
    Conflicts,
    ConflictsOption,
    GenesOption,
    LabelOption,
    MapOption,
    TranscriptOption,
    counts,
    print_listed,
    print_notes,
    report_rows,
)
from converters.commands.released_options import (
    ALL_FREQUENCIES,
    Frequency,
    InputTables,
    tables_of,
)
from converters.tables import print_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from converters.features.stand_ins import StandIns
    from converters.records.variant_record import VariantRecord
    from converters.variants.listing import Listing
    from converters.variants.reading import Read
    from converters.variants.rows import Rows


class RecordsFormat(StrEnum):
    """Format that records are written in."""

    TFRECORD = "tfrecord"
    STORE = "store"


Tables = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="TABLE",
        help="Tables of variants, of any kind in docs/variant-tables.md.",
        show_default=False,
    ),
]
Features = Annotated[
    Path, typer.Option("--features", help="Folder of the matrices, <transcript>.npy or .pickle.")
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="Name of the files, with or without .tfrec, or a store."),
]
Shards = Annotated[
    int,
    typer.Option("--shards", "--cpu", min=1, help="Files OUT_<i>.tfrec; the original's --cpu."),
]
Width = Annotated[
    int, typer.Option("--width", min=1, max=10_000, help="Residues on either side of a variant.")
]
Form = Annotated[RecordsFormat, typer.Option("--format", help="What to write.")]
Shuffle = Annotated[
    bool,
    typer.Option(
        "--shuffle/--no-shuffle", help="Shuffle as the original does, or keep the table's order."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Write nothing if any variant fails.")]
Force = Annotated[bool, typer.Option("--force", help="Replace existing output.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write a report as JSON.")]


def variants(
    features: Features,
    output: Output,
    named: Tables = None,
    given: InputTables = None,
    frequency: Frequency = ALL_FREQUENCIES,
    mapped: MapOption = None,
    genes: GenesOption = None,
    transcript: TranscriptOption = None,
    label: LabelOption = None,
    conflicts: ConflictsOption = Conflicts.ERROR,
    shards: Shards = 1,
    width: Width = 64,
    form: Form = RecordsFormat.TFRECORD,
    shuffle: Shuffle = True,
    strict: Strict = False,
    force: Force = False,
    report: Report = None,
) -> None:
    """Write records of a table's variants; every row without a record is counted and listed.

    Exits with 1 if a variant that was asked for has no record.
    """
    with failing_clearly():
        from converters.atomic import write_json
        from converters.destination import check_outputs
        from converters.errors import InputError
        from converters.features.stand_ins import notes
        from converters.variants.reading import Options, read_tables
        from converters.variants.records import resolve
        from converters.variants.shards import shard_paths

        tables = tables_of(named, given, frequency)
        stored = form is RecordsFormat.STORE
        written = [output] if stored else shard_paths(output, shards)
        check_outputs([report], used=[*tables, mapped, genes, *written])
        if stored and shards > 1:
            raise InputError("--shards is for TFRecords; a store is always one folder")
        options = Options(mapped, genes, transcript, label, conflicts.value, True, features)
        read = read_tables(tables, options)
        resolved = resolve(read.rows, features, tables)
        listed, asked = read.listed, read.variants
        listed.extend(resolved.listed)
        print_notes(read)
        print_listed(listed)
        failed = listed.failed
        stopped = (strict and failed > 0) or not len(resolved.good)
        parts = [] if stopped else _parts(read.rows, resolved.good, shards, shuffle)
        files: dict[str, int] = {}
        stand_ins = _stand_ins(read.rows, parts, features)
        if not stopped:
            with _recording(written, stand_ins):
                files = _write(tables, features, output, read.rows, parts, width, form, force)
        made = {name: by for part in stand_ins for name, by in part.items()}
        account = _account(read, asked, listed, files) | {"stand_ins": made}
        if report:
            write_json(report, {**account, "listed": report_rows(listed)})
        _print_summary(account)
        _print_notes(read.rows, resolved.good, width)
        for note in notes(made):
            print(f"note: {note}", file=sys.stderr)
        if stopped:
            why = "--strict was given" if len(resolved.good) else "no variant fits"
            fail(f"{failed:,} variants failed, {why}: nothing written", 1)
        if failed:
            total = failed + len(resolved.good)
            fail(f"{failed:,} of {total:,} variants have no record; the files have the rest", 1)


def _parts(
    rows: "Rows", good: "NDArray[np.int64]", shards: int, shuffle: bool
) -> list["NDArray[np.int64]"]:
    """Return the variants of each file, in order; those that do not fit do not shift the others."""
    import numpy as np

    from converters.variants.order import grouped, shuffled, slices

    fits = np.zeros(len(rows), bool)
    fits[good] = True
    ordered = shuffled(len(rows)) if shuffle else np.arange(len(rows))
    return [grouped(rows, part[fits[part]]) for part in slices(ordered, shards)]


def _stand_ins(
    rows: "Rows", parts: list["NDArray[np.int64]"], features: Path
) -> list[dict[str, "StandIns"]]:
    """Return what stood in for inputs of the transcripts of each part."""
    import numpy as np

    from converters.features.folder import MatrixFolder
    from converters.features.stand_ins import of_matrices

    matrices = MatrixFolder(features)
    made = []
    for part in parts:
        names = [rows.transcripts[number] for number in np.unique(rows.transcript[part]).tolist()]
        found = {name: matrices.find(name) for name in names}
        made.append(of_matrices({name: file.path for name, file in found.items() if file}))
    return made


@contextmanager
def _recording(paths: list[Path], stand_ins: list[dict[str, "StandIns"]]) -> Iterator[None]:
    """Keep the record of stand-ins beside each file true while they are written."""
    from converters.features.stand_ins import recording

    with ExitStack() as stack:
        for path, found in zip(paths, stand_ins, strict=True):
            stack.enter_context(recording(path, found))
        yield


def _write(
    tables: list[Path],
    features: Path,
    output: Path,
    rows: "Rows",
    parts: list["NDArray[np.int64]"],
    width: int,
    form: RecordsFormat,
    force: bool,
) -> dict[str, int]:
    """Write all parts and return the number of records in each file."""
    from converters.variants.records import make_records
    from converters.variants.shards import digest, fingerprint, shard_paths, write_shards

    with progress("records", sum(map(len, parts)), "variants") as advance:

        def records(part: "NDArray[np.int64]") -> Iterator["VariantRecord"]:
            for record in make_records(rows, part, features, width):
                yield record
                advance(1)

        if form is RecordsFormat.STORE:
            from converters.store.writer import write_store

            write_store(output, records(parts[0]), force=force)
            return {str(output): len(parts[0])}
        from converters.records.variant_record import write_records

        transcripts = {rows.transcripts[n] for part in parts for n in rows.transcript[part]}
        order = [digest(rows.take(part)) for part in parts]
        work = fingerprint(tables, features, transcripts, (width, order))
        paths = shard_paths(output, len(parts))
        kept = write_shards(
            paths,
            work,
            lambda index, path: write_records(path, records(parts[index])),
            force,
        )
    for path in kept:
        print(f"note: {path} was finished by an earlier run and is kept", file=sys.stderr)
    return {str(path): len(part) for path, part in zip(paths, parts, strict=True)}


def _account(read: "Read", asked: int, listed: "Listing", files: dict[str, int]) -> dict[str, Any]:
    return {
        "tables": [{"name": str(path), "format": kind} for path, kind in read.kinds],
        "rows": read.lines,
        "variants": asked,
        "left_out": listed.counts(failed=False),
        "failed": listed.counts(failed=True),
        "written": sum(files.values()),
        "files": files,
    }


def _print_summary(account: dict[str, Any]) -> None:
    kinds = ", ".join(sorted({item["format"] for item in account["tables"]}))
    rows = [
        *counts(
            kinds, account["rows"], account["variants"], account["left_out"], account["failed"]
        ),
        ("written", account["written"]),
        *((f"  {name}", count) for name, count in account["files"].items()),
    ]
    print_rows(("variants", ""), [(name, f"{count:,}") for name, count in rows])


def _print_notes(rows: "Rows", good: "NDArray[np.int64]", width: int) -> None:
    same = int((rows.ref[good] == rows.alt[good]).sum())
    if same:
        print(f"note: {same:,} variants have the same reference and alternative", file=sys.stderr)
    if width != 64:
        print("note: the released model only reads windows of --width 64", file=sys.stderr)
