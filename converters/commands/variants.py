"""`gmvp-convert variants`: write records of the variants in a table, from feature matrices."""

import sys
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.commands.failing import fail, failing_clearly
from converters.commands.progress import progress
from converters.tables import print_rows

if TYPE_CHECKING:
    from converters.records.variant_record import VariantRecord
    from converters.variants.records import Resolved
    from converters.variants.rows import Variant
    from converters.variants.table import Table

_SHOWN = 20


class RecordsFormat(StrEnum):
    """Format that records are written in."""

    TFRECORD = "tfrecord"
    STORE = "store"


Tables = Annotated[
    list[Path],
    typer.Argument(
        metavar="TABLE...",
        help="gMVP's own table, VEP's output, or lines of: transcript pos ref alt.",
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
Strict = Annotated[
    bool, typer.Option("--strict", help="Write nothing if any variant has a problem.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace existing output.")]
Report = Annotated[Path | None, typer.Option("--report", help="Write a report as JSON.")]


def variants(
    tables: Tables,
    features: Features,
    output: Output,
    shards: Shards = 1,
    width: Width = 64,
    form: Form = RecordsFormat.TFRECORD,
    shuffle: Shuffle = True,
    strict: Strict = False,
    force: Force = False,
    report: Report = None,
) -> None:
    """Write records of a table's variants; those that do not fit their protein are listed."""
    with failing_clearly():
        from converters.atomic import write_json
        from converters.destination import check_outputs
        from converters.errors import InputError
        from converters.variants.records import resolve
        from converters.variants.shards import shard_paths
        from converters.variants.table import read_table

        stored = form is RecordsFormat.STORE
        written = [output] if stored else shard_paths(output, shards)
        check_outputs([report], used=[*tables, *written])
        if stored and shards > 1:
            raise InputError("--shards is for TFRecords; a store is always one folder")
        read = [read_table(path) for path in tables]
        rows = [variant for table in read for variant in table.variants]
        resolved = resolve(rows, features)
        _print_problems(resolved)
        stopped = (strict and bool(resolved.problems)) or not resolved.variants
        parts = [] if stopped else _parts(rows, resolved, shards, shuffle)
        files = {} if stopped else _write(tables, features, output, parts, width, form, force)
        account = _account(tables, read, resolved, files)
        if report:
            write_json(report, account)
        _print_summary(account)
        _print_notes(resolved, width)
        if stopped:
            why = "--strict was given" if resolved.variants else "no variant fits"
            fail(f"{len(resolved.problems):,} variants have problems, {why}: nothing written", 1)


def _parts(
    rows: list["Variant"], resolved: "Resolved", shards: int, shuffle: bool
) -> list[list["Variant"]]:
    """Return the variants of each file, in order; dropped variants do not shift the others."""
    from converters.variants.order import grouped, shuffled, slices

    bad = {id(problem.variant) for problem in resolved.problems}
    ordered = shuffled(rows) if shuffle else rows
    return [
        [variant for variant in grouped(part) if id(variant) not in bad]
        for part in slices(ordered, shards)
    ]


def _write(
    tables: list[Path],
    features: Path,
    output: Path,
    parts: list[list["Variant"]],
    width: int,
    form: RecordsFormat,
    force: bool,
) -> dict[str, int]:
    """Write all parts and return the number of records in each file."""
    from converters.variants.records import make_records
    from converters.variants.shards import fingerprint, shard_paths, write_shards

    with progress("records", sum(map(len, parts)), "variants") as advance:

        def records(part: list["Variant"]) -> Iterator["VariantRecord"]:
            for record in make_records(part, features, width):
                yield record
                advance(1)

        if form is RecordsFormat.STORE:
            from converters.store.writer import write_store

            write_store(output, records(parts[0]), force=force)
            return {str(output): len(parts[0])}
        from converters.records.variant_record import write_records

        transcripts = {variant.transcript for part in parts for variant in part}
        order = [[variant[:-1] for variant in part] for part in parts]
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


def _account(
    tables: list[Path], read: list["Table"], resolved: "Resolved", files: dict[str, int]
) -> dict[str, Any]:
    dropped: Counter[str] = Counter()
    for table in read:
        dropped.update(table.dropped)
    kinds = Counter(problem.kind for problem in resolved.problems)
    return {
        "tables": [
            {"name": str(path), "format": table.format}
            for path, table in zip(tables, read, strict=True)
        ],
        "rows": sum(len(table.variants) for table in read) + sum(dropped.values()),
        "dropped": dict(dropped),
        "problems": dict(kinds),
        "written": sum(files.values()),
        "files": files,
        "variants_with_problems": [
            {**p.variant._asdict(), "kind": p.kind, "detail": p.detail} for p in resolved.problems
        ],
    }


def _print_problems(resolved: "Resolved") -> None:
    details = list(dict.fromkeys(problem.detail for problem in resolved.problems))
    for detail in details[:_SHOWN]:
        print(f"left out: {detail}", file=sys.stderr)
    if len(details) > _SHOWN:
        print(f"... and {len(details) - _SHOWN:,} more; --report FILE lists them", file=sys.stderr)


def _print_summary(account: dict[str, Any]) -> None:
    formats = ", ".join(sorted({item["format"] for item in account["tables"]}))
    left_out = (account["dropped"] | account["problems"]).items()
    counts = [
        (f"rows read ({formats})", account["rows"]),
        *((f"left out: {reason}", count) for reason, count in left_out),
        ("written", account["written"]),
        *((f"  {name}", count) for name, count in account["files"].items()),
    ]
    print_rows(("variants", ""), [(name, f"{count:,}") for name, count in counts])


def _print_notes(resolved: "Resolved", width: int) -> None:
    from converters.residues import AMINO_ACIDS

    odd = sum(variant.alt not in AMINO_ACIDS for variant in resolved.variants)
    if odd:
        print(
            f"warning: {odd:,} alternative residues are not one of the 20 amino acids; as in the"
            " original, they get code 20, which the model treats as no residue",
            file=sys.stderr,
        )
    same = sum(variant.alt == variant.ref for variant in resolved.variants)
    if same:
        print(f"note: {same:,} variants have the same reference and alternative", file=sys.stderr)
    if width != 64:
        print("note: the released model only reads windows of --width 64", file=sys.stderr)
