"""`gmvp predict`: score given variants."""

import glob
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.atomic import write_json
from converters.commands.failing import fail, failing_clearly
from converters.commands.reading_tables import (
    GenesOption,
    MapOption,
    TranscriptOption,
    counts,
    print_listed,
    report_rows,
)
from converters.commands.unheeded import refuse
from converters.destination import check_outputs
from pt_gmvp.commands.installed import check_installed
from pt_gmvp.commands.models import ModelConfigFile, ModelList, Models, choose_models
from pt_gmvp.commands.options import (
    Device,
    Precision,
    PrecisionOption,
    Report,
    ScoresOut,
)
from pt_gmvp.commands.summary import print_stand_ins, print_summary
from pt_gmvp.runs.process import importing, prepare

if TYPE_CHECKING:
    from pt_gmvp.scoring.outputs import Output
    from pt_gmvp.scoring.predictions import Account

_NAMED = 3
"""Sources that are named in a message."""

Records = Annotated[
    Path | None,
    typer.Option(metavar="FILE|STORE", help="Records, a folder of them, or a tensor store."),
]
Pattern = Annotated[
    str | None,
    typer.Option(
        "--input_tfrec",
        metavar="GLOB",
        help="Files of records by a pattern in quotes, the original's option.",
    ),
]
TranscriptList = Annotated[
    Path | None, typer.Option("--transcript_list", hidden=True, help="Option of gmvp score.")
]
Variants = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="TABLE",
        help="Table of variants, in place of --records; may be repeated.",
        show_default=False,
    ),
]
Features = Annotated[
    Path | None,
    typer.Option("--features", "--feature_dir", help="Folder of feature matrices, for a table."),
]
BatchSize = Annotated[
    int, typer.Option("--batch-size", "--batch_size", min=1, help="Records to score at a time.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the table, or the parts of another run.")
]
Timeout = Annotated[
    float, typer.Option(min=1, help="Seconds that processes wait for one another at the end.")
]


def predict(
    context: typer.Context,
    output: ScoresOut,
    model: Models = None,
    model_list: ModelList = None,
    config: ModelConfigFile = None,
    records: Records = None,
    pattern: Pattern = None,
    variants: Variants = None,
    features: Features = None,
    transcripts: TranscriptList = None,
    mapped: MapOption = None,
    genes: GenesOption = None,
    transcript: TranscriptOption = None,
    device: Device = "auto",
    precision: PrecisionOption = Precision.FLOAT32,
    batch_size: BatchSize = 256,
    force: Force = False,
    report: Report = None,
    timeout: Timeout = 3600.0,
) -> None:
    """Score given variants, in their order; for several processes, of a table, use torchrun.

    Finished scores of a table are kept in FILE.parts until the output is written; after any
    interruption, the same command continues. Exits with 1 if a variant could not be scored.
    """
    with failing_clearly():
        check_installed("scoring", "torch", "filelock", extras="torch,score")
        prepare()
        if transcripts is not None:
            fail("--transcript_list: all substitutions of transcripts are scored by gmvp score")
        stored, tables = _check_sources(context, records, pattern, variants, features)
        from pt_gmvp.scoring.outputs import Form, Output

        if output == "-":
            refuse(context, ["force"], "with -o -, which keeps nothing")
        chosen = choose_models(model, model_list, config)
        out = Output(output)
        table = None if output == "-" else Path(output)
        check_outputs([table, report], used=[*stored, *tables, mapped, genes])
        if out.form is Form.PARQUET:
            check_installed("parquet", "duckdb", extras="torch,score")
        with importing():
            from converters.variants.reading import Options
            from pt_gmvp.scoring import predicting, predicting_records
        try:
            account: Account | None
            if stored:
                account = predicting_records.run(
                    predicting_records.Request(
                        chosen.sources, out, stored, device, precision.value, batch_size, force
                    )
                )
            else:
                assert features is not None
                options = Options(map=mapped, genes=genes, transcript=transcript, features=features)
                account = predicting.run(
                    predicting.Request(
                        chosen.sources,
                        out,
                        tables,
                        features,
                        options,
                        device,
                        precision.value,
                        force,
                        timeout,
                    )
                )
        except KeyboardInterrupt:
            _report_interrupt(out, resumable=bool(tables))
            raise typer.Exit(130) from None
        if account is None:
            return
        _report(account, out, stored or tables, report)
        chosen.fail_if_missing()


def _check_sources(
    context: typer.Context,
    records: Path | None,
    pattern: str | None,
    variants: list[Path] | None,
    features: Path | None,
) -> tuple[list[Path], list[Path]]:
    """Return records and tables, one of them empty; an option without effect is refused."""
    if (records is not None) + (pattern is not None) + bool(variants) != 1:
        fail("give --records FILE|STORE, or --input_tfrec GLOB, or --variants TABLE --features DIR")
    if not variants:
        of_tables = ["features", "mapped", "genes", "transcript", "timeout"]
        option = "--records" if records is not None else "--input_tfrec"
        refuse(context, of_tables, f"with {option}, which contain their own windows")
        return ([records] if records is not None else _matching(pattern or "")), []
    refuse(context, ["batch_size"], "with --variants, which are scored 64 residues at a time")
    if features is None:
        fail(f"--variants {variants[0]}: requires --features, the folder of its matrices")
    return [], variants


def _matching(pattern: str) -> list[Path]:
    """Return the files that match a pattern, sorted."""
    files = [Path(name) for name in sorted(glob.glob(pattern))]
    if not files:
        fail(f"--input_tfrec {pattern}: no such file; expected TFRecords of variants")
    return files


def _report_interrupt(out: "Output", resumable: bool) -> None:
    if os.environ.get("RANK", "0") != "0":
        return
    kept = "nothing was written"
    if resumable and not out.stream:
        kept = f"finished scores are in {out.path}.parts; run the same command again to continue"
    print(f"interrupted; {kept}", file=sys.stderr)


def _report(account: "Account", out: "Output", sources: list[Path], report: Path | None) -> None:
    """Print what was scored and what was not, and end with 1 or 2 if something was not."""
    listed = account.listed
    total = account.variants + len(listed)
    left_out, failed = listed.counts(failed=False), listed.counts(failed=True)
    kinds = ", ".join(sorted({kind for _, kind in account.kinds})) or "records"
    numbers = counts(kinds, account.rows, total, left_out, failed)
    numbers.append(("scored", account.variants))
    if account.kept:
        numbers.append(("  distinct variants scored before", account.kept))
    if account.scored:
        numbers.append(("variants/s", round(account.scored / account.seconds)))
    if account.variants:
        print_summary([(name, f"{count:,}") for name, count in numbers], account.ensemble, out)
    print_stand_ins(account.stand_ins)
    print_listed(listed)
    if report:
        content = {
            "tables": [{"name": str(path), "format": kind} for path, kind in account.kinds],
            "rows": account.rows,
            "variants": total,
            "left_out": left_out,
            "failed": failed,
            "scored": account.variants,
            "seconds": account.seconds,
            "stand_ins": dict(account.stand_ins),
            "listed": report_rows(listed),
        }
        write_json(report, content)
    names = ", ".join(map(str, sources[:_NAMED])) + ", ..." * (len(sources) > _NAMED)
    if not account.variants:
        what = f"{listed.failed:,} failed, {listed.left_out:,} left out" if total else "none there"
        fail(f"{names}: no variant to score: {what}")
    if failed:
        of = f"{listed.failed:,} of {total - listed.left_out:,}"
        fail(f"{of} variants could not be scored; the table has the rest", 1)
