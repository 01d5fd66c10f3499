"""`gmvp heatmap`: draw the scores of all substitutions in a protein as a map."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import fail, failing_clearly
from converters.commands.reading_tables import (
    Conflicts,
    ConflictsOption,
    LabelOption,
    MapOption,
    print_listed,
    print_notes,
)
from converters.commands.unheeded import refuse
from pt_gmvp.commands.models import Chosen, ModelConfigFile, ModelList, Models, choose_models

if TYPE_CHECKING:
    from pt_gmvp.analysis.heatmap.grid import Grid
    from pt_gmvp.analysis.heatmap.known import Known
    from pt_gmvp.ensemble import ModelSource

PICTURES = (".png", ".svg", ".pdf")
PAGES = (".html",)
_NAMED = 4  # most models named in the title


class Scale(StrEnum):
    """Colour scale."""

    BLUE_RED = "blue-red"
    CIVIDIS = "cividis"
    VIRIDIS = "viridis"


Transcript = Annotated[
    str, typer.Argument(help="The transcript's id.", show_default=False, metavar="TRANSCRIPT")
]
Outputs = Annotated[
    list[Path],
    typer.Option(
        "--output", "-o", metavar="FILE", help="A .png, .svg, .pdf or .html file; repeatable."
    ),
]
Table = Annotated[
    Path | None,
    typer.Option(help="A table of gmvp score or gmvp finalize: .tsv, .tsv.gz or .parquet."),
]
Column = Annotated[
    str, typer.Option(help="Column of the table to draw: scores or rank scores from 0 to 1.")
]
Features = Annotated[
    Path | None, typer.Option(help="Folder of feature matrices, to score with --model.")
]
Region = Annotated[
    str | None, typer.Option(metavar="FIRST-LAST", help="Only these positions, such as 100-200.")
]
OrderText = Annotated[
    str,
    typer.Option("--order", help="chemistry, alphabet, hydropathy, or the 20 letters themselves."),
]
Colours = Annotated[Scale, typer.Option("--colors", help="Colour scale.")]
Range = Annotated[
    str, typer.Option("--range", metavar="LOW,HIGH", help="Scores at the ends of the scale.")
]
Variants = Annotated[
    Path | None,
    typer.Option(metavar="TABLE", help="Mark known variants with target 1 (harmful) or 0."),
]
Gene = Annotated[
    str | None, typer.Option(help="Gene name for the title. Default: the finalized table's.")
]
Genes = Annotated[
    Path | None,
    typer.Option(metavar="TABLE", help="Table of transcripts and gene names, for the title."),
]
Note = Annotated[str | None, typer.Option(help="A line at the bottom of the picture.")]


def heatmap(
    context: typer.Context,
    transcript: Transcript,
    output: Outputs,
    table: Table = None,
    column: Column = "gMVP",
    features: Features = None,
    model: Models = None,
    model_list: ModelList = None,
    config: ModelConfigFile = None,
    region: Region = None,
    order: OrderText = "chemistry",
    colors: Colours = Scale.BLUE_RED,
    score_range: Range = "0,1",
    variants: Variants = None,
    gene: Gene = None,
    genes: Genes = None,
    mapped: MapOption = None,
    label: LabelOption = None,
    conflicts: ConflictsOption = Conflicts.ERROR,
    note: Note = None,
) -> None:
    """Draw the 20 x length map of a protein's scores, from a table or scored by models."""
    with failing_clearly():
        from converters.destination import check_outputs
        from pt_gmvp.analysis.heatmap.captions import Caption, missing
        from pt_gmvp.analysis.heatmap.colors import Colors, parse_range
        from pt_gmvp.analysis.heatmap.grid import parse_region
        from pt_gmvp.analysis.heatmap.order import order_of
        from pt_gmvp.commands.gene_name import gene_name

        if variants is None:
            refuse(context, ["mapped", "label", "conflicts"], "without --variants")
        check_outputs(output, (*PICTURES, *PAGES), used=[table, genes, variants, mapped])
        given = [*(model or []), *filter(None, (model_list, config))]
        _check_sources(table, column, features, given, output)
        models = Chosen([], []) if table else choose_models(model, model_list, config)
        chosen = Colors(colors.value, *parse_range(score_range))
        rows, part = order_of(order), parse_region(region) if region else None
        if table:
            grid, source = _from_table(table, transcript, column, part)
        else:
            grid, source = _scored(features or Path(), models.sources, transcript, part)
        stand_ins = _stand_ins(grid.transcript, table, features)
        gene = gene_name(gene, genes, grid.transcript) or grid.gene
        _check_length(grid, output)
        known: list[Known] = []
        failed = 0
        if variants:
            known, failed = _known(variants, grid, mapped, genes, label, conflicts)
        caption = Caption(source, gene, note, column, part is not None, stand_ins)
        for path in output:
            if path.suffix.lower() in PAGES:
                from pt_gmvp.analysis.heatmap.page import write_page

                write_page(path, grid, caption, chosen, rows, known)
            else:
                from pt_gmvp.analysis.heatmap.picture import draw

                draw(path, grid, caption, chosen, rows, known)
        if absent := missing(grid):
            print(f"note: {absent} substitutions, which are hatched", file=sys.stderr)
        places = f"{grid.transcript}, positions {grid.first} to {grid.last}"
        print(f"{places}: wrote {', '.join(map(str, output))}", file=sys.stderr)
        models.fail_if_missing()
        if failed:
            fail(f"{failed:,} of the variants could not be marked, see above; the rest is drawn", 1)


def _known(
    variants: Path,
    grid: "Grid",
    mapped: Path | None,
    genes: Path | None,
    label: str | None,
    conflicts: Conflicts,
) -> "tuple[list[Known], int]":
    """Return the variants to mark, and how many could not be; say what became of every row."""
    from converters.variants.reading import Options
    from pt_gmvp.analysis.heatmap.known import read_known

    options = Options(mapped, genes, label=label, conflicts=conflicts.value)
    found = read_known(variants, grid, options)
    print_notes(found.read)
    print_listed(found.read.listed, reported=False)
    beside = f", {found.outside:,} beside the map" if found.outside else ""
    if listed := len(found.read.listed):
        beside += f", {listed:,} listed above"
    print(
        f"note: {variants}: {found.read.lines:,} rows read, {len(found.known):,} variants marked"
        f"{beside}",
        file=sys.stderr,
    )
    return found.known, found.read.listed.failed


def _stand_ins(transcript: str, table: Path | None, features: Path | None) -> tuple[str, ...]:
    """Return what stood in for inputs of the scores; say it too."""
    from converters.features.stand_ins import of_transcript, sentence

    path = table
    if path is None:
        from pt_gmvp.data.transcripts import path_of

        path = path_of(features or Path(), transcript)
    found = of_transcript(path, transcript)
    texts = tuple(sentence(kind, by) for kind, by in sorted(found.items()))
    for text in texts:
        print(f"note: {text}", file=sys.stderr)
    return texts


def _check_sources(
    table: Path | None,
    column: str,
    features: Path | None,
    models: Sequence[Path] | None,
    output: Sequence[Path],
) -> None:
    """Raise InputError unless the scores come from exactly one source."""
    from converters.errors import InputError
    from pt_gmvp.commands.installed import check_installed

    if table and (features or models):
        raise InputError(
            "--table already has the scores; leave out --features and --model (or --model_list)"
        )
    if column != "gMVP" and not table:
        raise InputError(f"--column {column}: requires --table; add it, or leave out --column")
    if not table and not (features and models):
        raise InputError("nothing to draw; give --table TABLE, or --features DIR and --model DIR")
    pages = any(path.suffix.lower() in PAGES for path in output)
    needed = ["duckdb"] if table else ["torch"]
    extras = "score" if table else "torch"
    check_installed(
        "gmvp heatmap", *needed, "matplotlib", *(["jinja2"] if pages else []),
        extras=f"{extras},report",
    )  # fmt: skip


def _from_table(
    table: Path, transcript: str, column: str, part: tuple[int, int] | None
) -> tuple["Grid", str]:
    from pt_gmvp.analysis.heatmap.table import table_grid

    def note(text: str) -> None:
        print(f"note: {text}", file=sys.stderr)

    return table_grid(table, transcript, column, note).cut(part), f"from {table.name}"


def _scored(
    features: Path,
    models: "Sequence[ModelSource]",
    transcript: str,
    part: tuple[int, int] | None,
) -> tuple["Grid", str]:
    from converters.commands.progress import progress
    from pt_gmvp.analysis.heatmap.scored import scored_grid
    from pt_gmvp.data.transcripts import load_transcript
    from pt_gmvp.ensemble import load_models

    matrix = load_transcript(features, transcript)
    loaded = load_models(models)
    count = part[1] - part[0] + 1 if part else len(matrix)
    with progress("scoring", count, "positions") as advance:
        grid = scored_grid(loaded, transcript, matrix, part, advance)
    if len(loaded) > _NAMED:
        return grid, f"mean of {len(loaded)} models"
    return grid, f"{'mean of ' * (len(loaded) > 1)}{', '.join(loaded)}"


def _check_length(grid: "Grid", output: Sequence[Path]) -> None:
    if any(path.suffix.lower() in PICTURES for path in output):
        from pt_gmvp.analysis.heatmap.picture import check_length

        check_length(grid)
