"""`gmvp finalize`: make the annotated, ranked table for publication and lookups."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import failing_clearly

if TYPE_CHECKING:
    from pt_gmvp.tables.finalize import Finalized
    from pt_gmvp.tables.finalize.gene_names import Unnamed
    from pt_gmvp.tables.finalize.ranking import Unmatched

Scores = Annotated[
    list[Path],
    typer.Argument(metavar="SCORES...", help="Tables of var and gMVP, as gmvp score writes them."),
]
Genomic = Annotated[
    Path,
    typer.Option(help="Table of nucleotide changes and their effects on transcripts."),
]
Genes = Annotated[
    Path | None,
    typer.Option(
        metavar="TABLE",
        help="The original's gene names: transcript_stable_id, display_label, gene_stable_id.",
    ),
]
Output = Annotated[
    Path,
    typer.Option("--output", "-o", help="FILE.tsv.gz (bgzip, with tabix index), .tsv, .parquet."),
]
Memory = Annotated[str, typer.Option(help="Memory limit; larger tables are sorted on disk.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Default: one per core.")]
Temporary = Annotated[
    Path | None,
    typer.Option(
        "--temp", metavar="DIR", help="Folder for temporary files. Default: that of the output."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Fail if a genomic row has no score.")]


def finalize(
    scores: Scores,
    genomic: Genomic,
    output: Output,
    genes: Genes = None,
    memory: Memory = "2GB",
    threads: Threads = None,
    temp: Temporary = None,
    strict: Strict = False,
) -> None:
    """Join scores with the genome, rank them within transcripts and over all, sort and index."""
    with failing_clearly():
        from pt_gmvp.commands.installed import check_installed

        indexed = ["pysam"] if output.suffix == ".gz" else []
        check_installed("gmvp finalize", "duckdb", *indexed, extras="score")
        import os

        from converters.commands.progress import progress
        from converters.destination import check_outputs
        from converters.errors import InputError
        from pt_gmvp.tables.database import parse_memory
        from pt_gmvp.tables.finalize import Request
        from pt_gmvp.tables.finalize import finalize as run

        check_outputs([output], used=[*scores, genomic, genes])
        if temp and not temp.is_dir():
            raise InputError(f"{temp}: is not a folder; expected one for temporary files")
        cores = len(os.sched_getaffinity(0))
        request = Request(
            tuple(scores),
            genomic,
            output,
            parse_memory(memory),
            threads or cores,
            temp,
            strict,
            genes,
        )
        _report(run(request, progress))


def _report(done: "Finalized") -> None:
    found = done.matched
    if done.left_out:
        print(
            f"note: {done.left_out:,} genomic rows have another consequence than missense_variant"
            " and are left out",
            file=sys.stderr,
        )
    for note in done.chromosomes:
        print(f"note: {note}", file=sys.stderr)
    _warn(done.unnamed, "transcripts are not in --genes and have empty gene columns")
    _warn(found.without_score, "genomic rows have no score and are left out")
    _warn(
        found.without_place,
        "scores have no genomic row (changes of more than one nucleotide have none)",
    )
    if found.synonymous:
        print(
            f"note: {found.synonymous:,} rows keep the residue (ref_aa equals alt_aa); they are"
            " ranked like all others",
            file=sys.stderr,
        )
    from converters.features.stand_ins import notes

    for note in notes(done.stand_ins):
        print(f"note: {note}", file=sys.stderr)
    print(f"{found.rows:,} rows: {', '.join(map(str, done.files))}", file=sys.stderr)


def _warn(unmatched: "Unmatched | Unnamed", what: str) -> None:
    if unmatched.count:
        more = ", ..." if unmatched.count > len(unmatched.names) else ""
        print(
            f"note: {unmatched.count:,} {what}: {', '.join(unmatched.names)}{more}",
            file=sys.stderr,
        )
