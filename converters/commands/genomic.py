"""`gmvp-convert genomic`: the genomic table for `gmvp finalize`, from VEP's output."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import fail, failing_clearly

if TYPE_CHECKING:
    from converters.genomic.making import Account

Annotations = Annotated[
    list[Path],
    typer.Argument(
        metavar="VEP...", help="VEP's output: default, --tab, or a VCF with CSQ; also .gz."
    ),
]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="The table, .tsv or .tsv.gz, for gmvp finalize.")
]
GenomeOption = Annotated[
    Path | None,
    typer.Option(
        "--genome",
        metavar="FASTA",
        help="The genome, for the column context and to check reference alleles.",
    ),
]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write counts and every annotation without a row.")
]


def genomic(
    annotations: Annotations,
    output: Output,
    genome: GenomeOption = None,
    report: Report = None,
) -> None:
    """Make the genomic table of gmvp finalize from VEP's annotations of nucleotide changes.

    Exits with 1 if a missense annotation gives no row.
    """
    with failing_clearly():
        from converters.atomic import write_json
        from converters.commands.progress import progress
        from converters.commands.reading_tables import print_listed, report_rows
        from converters.destination import check_outputs
        from converters.errors import InputError
        from converters.genomic.making import SUFFIXES, make_table

        check_outputs([output, report], used=[*annotations, genome])
        if not output.name.endswith(SUFFIXES):
            raise InputError(f"{output}: expected a name that ends in {' or '.join(SUFFIXES)}")
        with progress("annotations", None, "annotations") as advance:
            account = make_table(annotations, output, genome, lambda: advance(1))
        print_listed(account.listed)
        if report:
            content = {"counts": _counts(account), "listed": report_rows(account.listed)}
            write_json(report, content)
        _print_summary(account, output, genome)
        if failed := account.listed.failed:
            fail(f"{failed:,} missense annotations gave no row; they are listed above", 1)


def _counts(account: "Account") -> dict[str, int]:
    failed = account.listed.failed
    return {
        "lines": account.lines,
        "annotations": account.annotations,
        "rows": account.rows,
        "left out": len(account.listed) - failed,
        "failed": failed,
    }


def _print_summary(account: "Account", output: Path, genome: Path | None) -> None:
    from converters.tables import print_rows

    rows = []
    for name, number in _counts(account).items():
        rows.append((name, f"{number:,}"))
        if name in ("left out", "failed"):
            kinds = account.listed.counts(failed=name == "failed")
            rows += [(f"  {kind}", f"{count:,}") for kind, count in sorted(kinds.items())]
    print_rows(("genomic table", ""), rows)
    if account.without_codons:
        print(f"note: {account.without_codons:,} rows have no codons", file=sys.stderr)
    if genome is None:
        print("note: without --genome, the column context is empty", file=sys.stderr)
    print(f"wrote {output}", file=sys.stderr)
