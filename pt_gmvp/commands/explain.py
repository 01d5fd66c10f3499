"""`gmvp explain`: show what models look at when they score a variant."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.atomic import STDOUT, write_text
from converters.commands.failing import failing_clearly
from converters.commands.reading_tables import MapOption
from converters.commands.unheeded import refuse
from pt_gmvp.commands.models import ModelConfigFile, ModelList, Models, choose_models

if TYPE_CHECKING:
    from converters.variants.changes import Variant
    from pt_gmvp.analysis.explain.attention import Explanation


class PictureFormat(StrEnum):
    """Format of the picture."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


VariantText = Annotated[
    list[str],
    typer.Argument(
        metavar="VARIANT",
        help="'ENST00000371953 R130Q', ENST00000371953:p.Arg130Gln or ENST00000371953_130_R_Q;"
        " also of a gene (--genes), or of an id in --map.",
        show_default=False,
    ),
]
Features = Annotated[
    Path, typer.Option(help="Folder of feature matrices, of gmvp-convert features.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Write <variant>.png and <variant>.tsv into this folder."
    ),
]
Prefix = Annotated[
    str | None, typer.Option("-o", metavar="PREFIX", help="Write PREFIX.png and PREFIX.tsv.")
]
Form = Annotated[
    PictureFormat | None, typer.Option("--format", help="Picture format. Default: png.")
]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write all numbers; - for stdout.")
]
Top = Annotated[int, typer.Option(min=1, max=128, help="Neighbours to print.")]
Gene = Annotated[str | None, typer.Option(help="Gene name for the title.")]
Genes = Annotated[
    Path | None,
    typer.Option(metavar="TABLE", help="Table of transcripts and gene names, or a finalized one."),
]
Note = Annotated[str | None, typer.Option(help="A line at the bottom of the picture.")]


def explain(
    context: typer.Context,
    variant: VariantText,
    features: Features,
    model: Models = None,
    model_list: ModelList = None,
    config: ModelConfigFile = None,
    out: Out = None,
    prefix: Prefix = None,
    form: Form = None,
    json: Json = None,
    top: Top = 12,
    gene: Gene = None,
    genes: Genes = None,
    mapped: MapOption = None,
    note: Note = None,
) -> None:
    """Show what models look at when they score a variant: attention, co-evolution, species.

    Attention shows where a model looked and is not a cause; see docs/explain.md.
    """
    with failing_clearly():
        from converters.destination import check_outputs
        from converters.features.files import load_matrix
        from converters.features.stand_ins import of_transcript
        from converters.variants.changes import parse_variant
        from converters.variants.reading import Options, transcript_of
        from pt_gmvp.commands.installed import check_installed

        drawn = bool(out or prefix is not None)
        if not drawn:
            refuse(context, ["form", "note"], "without a picture; give --out or -o too")
        if json == STDOUT:
            refuse(context, ["top"] if drawn else ["top", "gene"], "with --json -")
        chosen = choose_models(model, model_list, config)
        asked = parse_variant(" ".join(variant))
        options = Options(mapped, genes, features=features)
        asked = asked._replace(transcript=transcript_of(asked.transcript, options))
        picture, table = _places(asked, out, prefix, form)
        written = (picture, table, Path(json) if json not in (None, STDOUT) else None)
        check_outputs(written, used=[genes, mapped])
        check_installed("gmvp explain", "torch", *(["matplotlib"] if picture else []))
        from pt_gmvp.analysis.explain import table as tables
        from pt_gmvp.analysis.explain.attention import explain
        from pt_gmvp.commands.gene_name import gene_name
        from pt_gmvp.data.transcripts import path_of
        from pt_gmvp.ensemble import load_models

        path = path_of(features, asked.transcript)
        gene = gene or gene_name(None, genes, asked.transcript)  # genes also names the variant
        stand_ins = of_transcript(path, asked.transcript)
        found = explain(load_models(chosen.sources), asked, load_matrix(path), stand_ins)
        if picture and table:
            _write(found, picture, table, gene, note)
        if json is not None:
            write_text(json, tables.as_json(found))
        if json != STDOUT:
            tables.print_explanation(found, sys.stdout, top, gene)
        chosen.fail_if_missing()


def _places(
    asked: "Variant", out: Path | None, prefix: str | None, form: PictureFormat | None
) -> tuple[Path | None, Path | None]:
    """Return the paths of picture and table, or None."""
    from converters.errors import InputError

    if out and prefix is not None:
        raise InputError("--out and -o exclude each other; give only one of them")
    if out:
        if not out.is_dir():
            raise InputError(f"{out}: no such folder; create it first")
        name = asked.substitution.named(asked.transcript).replace("*", "X")
        return out / f"{name}.{form or PictureFormat.PNG}", out / f"{name}.tsv"
    if prefix is None:
        return None, None
    path = Path(prefix)
    if not path.name or path.is_dir():
        raise InputError(f"-o {prefix!r}: not a file name; expected -o r175h, or --out DIR")
    suffix = path.suffix.lower().removeprefix(".")
    if suffix in tuple(PictureFormat):
        if form not in (None, suffix):
            raise InputError(
                f"-o {prefix} and --format {form} contradict each other; leave one out"
            )
        form = PictureFormat(suffix)
    if suffix in ("tsv", *PictureFormat):
        path = path.with_suffix("")
    picture, table = (
        path.with_name(f"{path.name}.{end}") for end in (form or PictureFormat.PNG, "tsv")
    )
    return picture, table


def _write(
    found: "Explanation", picture: Path, table: Path, gene: str | None, note: str | None
) -> None:
    from pt_gmvp.analysis.explain.picture import draw
    from pt_gmvp.analysis.explain.table import as_tsv

    write_text(table, as_tsv(found))
    draw(picture, found, gene, note)
    print(f"wrote {picture} and {table}", file=sys.stderr)
