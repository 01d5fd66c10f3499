"""`gmvp-convert records`: convert TFRecords to the tensor store and back, and verify a store."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.commands.failing import failing_clearly
from converters.commands.progress import progress
from converters.commands.unheeded import refuse
from converters.tables import print_rows

if TYPE_CHECKING:
    from converters.features.stand_ins import StandIns
    from converters.store.conversion import Account


class Target(StrEnum):
    """Format that records are converted to."""

    STORE = "store"
    TFRECORD = "tfrecord"


Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE...",
        help="TFRecord files, plain or gzip; with --to tfrecord, one store.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Store to make, or file to write.", show_default=False),
]
Verified = Annotated[
    Path | None,
    typer.Option(
        "--verify",
        metavar="STORE",
        help="Verify a store: its checksums, and each record against its source files, which are"
        " named after it or are in the same folder.",
        show_default=False,
    ),
]
Skip = Annotated[
    bool,
    typer.Option("--skip-corrupt", help="Skip damaged records, list them, and exit with 1."),
]
Drop = Annotated[
    bool, typer.Option("--drop-extra", help="Drop features that are not part of a variant record.")
]
HalfWidth = Annotated[
    int,
    typer.Option("--width", min=0, max=10_000, help="Residues on either side of the variant."),
]
Report = Annotated[Path | None, typer.Option("--report", help="Write a report as JSON.")]


def records(
    context: typer.Context,
    files: Files = None,
    output: Output = None,
    to: Annotated[Target, typer.Option("--to", help="Format to write.")] = Target.STORE,
    verify: Verified = None,
    skip_corrupt: Skip = False,
    drop_extra: Drop = False,
    width: HalfWidth = 64,
    compress: Annotated[bool, typer.Option("--gzip", help="Compress the TFRecord file.")] = False,
    report: Report = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing output.")] = False,
) -> None:
    """Convert TFRecords to the tensor store and back, bit for bit."""
    with failing_clearly():
        given = {
            "-o": output is not None,
            "--to": to is Target.TFRECORD,
            "--skip-corrupt": skip_corrupt,
            "--drop-extra": drop_extra,
            "--gzip": compress,
            "--report": report is not None,
            "--force": force,
        }
        if verify is not None or to is Target.TFRECORD:
            mode = "--to tfrecord" if verify is None else "--verify"
            refuse(context, ["width"], f"with {mode}, as the store has its own")
        if verify is not None:
            _refuse_unused("--verify", given, ())
            _verify(verify, files or [])
            return
        if to is Target.TFRECORD:
            _refuse_unused("--to tfrecord", given, ("-o", "--to", "--gzip", "--force"))
        else:
            _refuse_unused("a store", given, tuple(given.keys() - {"--gzip"}))
        _check_usage(files, output, report)
        assert files is not None
        assert output is not None
        if to is Target.TFRECORD:
            with _passing_on(files, output):
                _to_tfrecord(files, output, compress, force)
            return
        with _passing_on(files, output) as stand_ins:
            account = _to_store(files, output, 2 * width + 1, skip_corrupt, drop_extra, force)
        if report is not None:
            from converters.atomic import write_json

            write_json(report, _report(account) | {"stand_ins": stand_ins})
        _print_summary(account, output)
    if account.left_out:
        raise typer.Exit(1)


@contextmanager
def _passing_on(files: list[Path], output: Path) -> Iterator[dict[str, "StandIns"]]:
    """Pass on what stood in for inputs, from the records of the files to that of the output."""
    from converters.features.stand_ins import notes, of_files, recording

    found = of_files(files)
    with recording(output, found):
        yield found
    for note in notes(found):
        print(f"note: {note}", file=sys.stderr)


def _refuse_unused(mode: str, given: dict[str, bool], taken: tuple[str, ...]) -> None:
    """Refuse an option that would be ignored."""
    from converters.errors import InputError

    for name, there in given.items():
        if there and name not in taken:
            raise InputError(f"{name} cannot be used with {mode}; leave it out")


def _check_usage(files: list[Path] | None, output: Path | None, report: Path | None) -> None:
    from converters.destination import check_outputs
    from converters.errors import InputError

    if not files:
        raise InputError("no input given; expected TFRecord files, or --verify STORE")
    if output is None:
        raise InputError("no output given; expected -o with the store or file to make")
    check_outputs([report], used=[*files, output])


def _to_store(
    files: list[Path], output: Path, window: int, skip: bool, drop: bool, force: bool
) -> "Account":
    from converters.store.conversion import convert

    size = sum(file.stat().st_size for file in files)
    with progress("converting", size, "bytes") as advance:
        return convert(
            files,
            output,
            window=window,
            skip_corrupt=skip,
            drop_extra=drop,
            force=force,
            on_bytes=advance,
        )


def _report(account: "Account") -> dict[str, Any]:
    return {
        **account.summary._asdict(),
        "sources": [source._asdict() for source in account.sources],
        "left_out": [item._asdict() | {"path": Path(item.path).name} for item in account.left_out],
        "dropped_features": account.extra,
    }


def _print_summary(account: "Account", output: Path) -> None:
    made, before = account.summary, sum(source.bytes for source in account.sources)
    sizes = [f"{size:,} B" for size in (before, made.bytes)]
    counts = [f"{count:,}" for count in (made.records, made.rows, made.windows)]
    print_rows(
        ("records", "distinct rows", "windows", "TFRecords", "store", "percent"),
        [(*counts, *sizes, f"{100 * made.bytes / before:.2f}")],
    )
    for name, count in account.extra.items():
        print(f"note: feature {name!a} dropped from {count} records", file=sys.stderr)
    for item in account.left_out:
        print(
            f"skipped: {item.path}, record {item.number}, bytes {item.start} to {item.stop}:"
            f" {item.reason}",
            file=sys.stderr,
        )
    if account.left_out:
        count = len(account.left_out)
        print(f"warning: {count} region{'s' * (count > 1)} skipped", file=sys.stderr)
    print(f"{output} written", file=sys.stderr)


def _verify(path: Path, files: list[Path]) -> None:
    from converters.store.verify import verify

    size = sum(file.stat().st_size for file in files)
    with progress("comparing", size or None, "bytes") as advance:
        proof = verify(path, files, advance)
    print(
        f"{path}: checksums of {proof.bytes:,} bytes are correct; {proof.rows:,} distinct rows;"
        f" {proof.records:,} records can be decoded"
    )
    if proof.compared:
        names = ", ".join(file.name for file in proof.compared)
        print(f"{path}: every record equals its source, bit for bit and in order: {names}")
    else:
        names = ", ".join(source.name for source in proof.missing) or "the store lists none"
        print(
            f"note: NOT compared with its source files, which were not found ({names}); name them"
            " after the store",
            file=sys.stderr,
        )


def _to_tfrecord(files: list[Path], output: Path, compress: bool, force: bool) -> None:
    from converters.records.variant_record import VariantRecord, write_records
    from converters.store.reader import Store
    from converters.store.tensors import StoreError
    from converters.store.verify import store_records

    if len(files) != 1:
        raise StoreError(f"{len(files)} stores given; expected one")
    if output.is_dir():
        raise StoreError(f"{output}: is a folder; expected the name of a file")
    if output.exists() and not force:
        raise StoreError(f"{output}: exists; give --force to replace it")
    with Store.open(files[0]) as store, progress("writing", len(store), "records") as advance:

        def counted() -> Iterator[VariantRecord]:
            for record in store_records(store):
                yield record
                advance(1)

        count = write_records(output, counted(), gzipped=compress)
    print(f"{output}: {count} records written", file=sys.stderr)
