"""`gmvp score`: score all possible substitutions of transcripts."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
from pt_gmvp.commands.summary import print_failures, print_stand_ins, print_summary
from pt_gmvp.runs.process import importing, prepare

if TYPE_CHECKING:
    from pt_gmvp.scoring.outputs import Output
    from pt_gmvp.scoring.running import Account

Features = Annotated[
    Path,
    typer.Option(
        "--features", "--feature_dir", help="Folder of feature matrices, <id>.npy or .pickle."
    ),
]
Transcripts = Annotated[
    Path | None,
    typer.Option(
        "--transcripts",
        "--transcript_list",
        metavar="LIST",
        help="Ids, one per line, or a table with transcript_id. Default: all in the folder.",
    ),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the table, or the parts of another run.")
]
Timeout = Annotated[
    float, typer.Option(min=1, help="Seconds that processes wait for one another at the end.")
]


def score(
    context: typer.Context,
    features: Features,
    output: ScoresOut,
    model: Models = None,
    model_list: ModelList = None,
    config: ModelConfigFile = None,
    transcripts: Transcripts = None,
    device: Device = "auto",
    precision: PrecisionOption = Precision.FLOAT32,
    force: Force = False,
    report: Report = None,
    timeout: Timeout = 3600.0,
) -> None:
    """Score all 20 residues at every position of transcripts; for several processes use torchrun.

    Finished scores are kept in FILE.parts until the table is written; after any interruption, the
    same command continues. Exits with 1 if a transcript could not be scored and is missing from the
    table.
    """
    with failing_clearly():
        check_installed("scoring", "torch", "filelock", extras="torch,score")
        prepare()
        from pt_gmvp.scoring.outputs import Form, Output

        if output == "-":
            refuse(context, ["force"], "with -o -, which keeps nothing")
        chosen = choose_models(model, model_list, config)
        out = Output(output)
        table = None if output == "-" else Path(output)
        check_outputs([table, report], used=[transcripts])
        if out.form is Form.PARQUET:
            check_installed("parquet", "duckdb", extras="torch,score")
        with importing():
            from pt_gmvp.scoring.running import Request, run

        request = Request(
            features, chosen.sources, out, transcripts, device, precision.value, force, timeout
        )
        try:
            account = run(request)
        except KeyboardInterrupt:
            _report_interrupt(out)
            raise typer.Exit(130) from None
        if account is None:
            return
        _print_account(account, out)
        if report:
            _write_report(report, account)
        if account.failures:
            _fail(account, out)
        chosen.fail_if_missing()


def _report_interrupt(out: "Output") -> None:
    if os.environ.get("RANK", "0") != "0":
        return
    kept = "scores written to a stream are not kept"
    if not out.stream:
        kept = f"finished scores are in {out.path}.parts; run the same command again to continue"
    print(f"interrupted; {kept}", file=sys.stderr)


def _print_account(account: "Account", out: "Output") -> None:
    rows = [("transcripts", f"{account.transcripts:,}")]
    if account.kept:
        rows.append(("  scored before", f"{account.kept:,}"))
    if account.failures:
        rows.append(("  failed", f"{len(account.failures):,}"))
    rows += [("residues", f"{account.residues:,}"), ("substitutions", f"{20 * account.residues:,}")]
    if account.scored:
        rows.append(("residues/s", f"{account.scored / account.seconds:,.0f}"))
    print_summary(rows, account.ensemble, out)
    print_stand_ins(account.stand_ins, account.transcripts)
    print_failures("transcript", list(account.failures.items()), out)


def _write_report(path: Path, account: "Account") -> None:
    content = account._asdict()
    ensemble = content.pop("ensemble")
    content |= {"models": ensemble.digests, "device": str(ensemble.device)}
    write_json(path, content)


def _fail(account: "Account", out: "Output") -> None:
    again = "" if out.stream else "; once they are fixed, the same command scores only these"
    count = len(account.failures)
    total = count + account.transcripts
    fail(
        f"{count:,} of {total:,} transcripts could not be scored; the table has the rest{again}", 1
    )
