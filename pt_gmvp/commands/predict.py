"""`gmvp predict`: score given variants."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from converters.atomic import write_json
from converters.commands.failing import fail, failing_clearly
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
from pt_gmvp.commands.summary import print_failures, print_summary
from pt_gmvp.runs.process import importing, prepare

Records = Annotated[
    Path | None,
    typer.Option(metavar="FILE|STORE", help="Records, a folder of them, or a tensor store."),
]
Variants = Annotated[
    Path | None,
    typer.Option(metavar="TABLE", help="Table of variants, in place of --records."),
]
Features = Annotated[Path | None, typer.Option(help="Folder of feature matrices, for a table.")]
BatchSize = Annotated[
    int, typer.Option("--batch-size", "--batch_size", min=1, help="Variants to score at a time.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing table.")]


def predict(
    context: typer.Context,
    output: ScoresOut,
    model: Models = None,
    model_list: ModelList = None,
    config: ModelConfigFile = None,
    records: Records = None,
    variants: Variants = None,
    features: Features = None,
    device: Device = "auto",
    precision: PrecisionOption = Precision.FLOAT32,
    batch_size: BatchSize = 256,
    force: Force = False,
    report: Report = None,
) -> None:
    """Score given variants, in their order.

    Exits with 1 if the table lacks a variant that could not be scored.
    """
    with failing_clearly():
        check_installed("scoring", "torch", extras="torch,score")
        prepare()
        if (records is None) == (variants is None):
            fail("give --records FILE|STORE, or --variants TABLE --features DIR")
        if records is not None and features is not None:
            fail("--features is only for --variants; records contain their own windows")
        from pt_gmvp.scoring.outputs import Form, Output

        if output == "-":
            refuse(context, ["force"], "with -o -")
        chosen = choose_models(model, model_list, config)
        out = Output(output)
        table = None if output == "-" else Path(output)
        check_outputs([table, report], used=[records, variants])
        if out.form is Form.PARQUET:
            check_installed("parquet", "duckdb", extras="torch,score")
        with importing():
            from pt_gmvp.scoring.predicting import Request, run

        request = Request(
            chosen.sources,
            out,
            records,
            variants,
            features,
            device,
            precision.value,
            batch_size,
            force,
        )
        try:
            account = run(request)
        except KeyboardInterrupt:
            print("interrupted; nothing was written", file=sys.stderr)
            raise typer.Exit(130) from None
        rows = [("variants", f"{account.variants:,}")]
        if account.failures:
            rows.append(("  failed", f"{len(account.failures):,}"))
        rows.append(("variants/s", f"{account.variants / account.seconds:,.0f}"))
        print_summary(rows, account.ensemble, out)
        print_failures("variant", account.failures, out)
        if report:
            counts = {"variants": account.variants, "seconds": account.seconds}
            write_json(report, {**counts, "failures": account.failures})
        if account.failures:
            count = len(account.failures)
            total = count + account.variants
            fail(f"{count:,} of {total:,} variants could not be scored; the table has the rest", 1)
        chosen.fail_if_missing()
