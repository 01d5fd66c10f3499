"""Map as a self-contained HTML file."""

import base64
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from converters.atomic import file_beside
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap import captions
from pt_gmvp.analysis.heatmap.colors import DOT, HARMFUL, HARMLESS, WILD_TYPE, Colors
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known
from pt_gmvp.analysis.heatmap.order import CHEMISTRY, Order

_TEMPLATES = "pt_gmvp.analysis.heatmap"


def write_page(
    path: Path,
    grid: Grid,
    caption: captions.Caption,
    colors: Colors | None = None,
    order: Order = CHEMISTRY,
    known: Sequence[Known] = (),
) -> None:
    """Write a map as a page, atomically; the arguments are those of `picture.draw`.

    Raises:
        OSError: the file cannot be written.
    """
    text = render(grid, caption, colors or Colors(), order, known)
    with file_beside(path) as partial:
        partial.write_text(text, encoding="ascii")


def render(
    grid: Grid, caption: captions.Caption, colors: Colors, order: Order, known: Sequence[Known]
) -> str:
    """Return the page in ASCII, so that it does not depend on the encoding it is served in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    folder = files(_TEMPLATES).joinpath("templates")
    style, script = (
        Markup(folder.joinpath(name).read_text("utf-8")) for name in ("page.css", "page.js")
    )
    shown = {"score": caption.score, **content(grid, colors, order, known)}
    text = environment.get_template("page.html").render(
        heading=captions.heading(grid, caption),
        subtitle=captions.subtitle(grid, caption),
        note=captions.foot(caption),
        scale=captions.scale(caption),
        missing=captions.missing(grid),
        known=captions.counted(known) if known else (),
        low=f"{colors.low:g}",
        high=f"{colors.high:g}",
        gradient=Markup(", ".join(colors.steps()[::15])),
        style=style,
        script=script,
        # Only "<" could end the script element.
        data=Markup(json.dumps(shown).replace("<", "\\u003c")),
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii") + "\n"


def content(grid: Grid, colors: Colors, order: Order, known: Sequence[Known]) -> dict[str, Any]:
    """Return the data for the page's script.

    `scores` are (20, L) float32, little-endian, in base64, amino acids in the order of `rows` from
    top to bottom; NaN if missing.
    """
    rows = [AMINO_ACIDS.index(letter) for letter in order.letters]
    scores = grid.scores[rows].astype("<f4")
    return {
        "transcript": grid.transcript,
        "first": grid.first,
        "protein": grid.protein,
        "rows": order.letters,
        "groups": [[group.name, len(group.letters)] for group in order.groups],
        "scores": base64.b64encode(np.ascontiguousarray(scores).tobytes()).decode("ascii"),
        "low": colors.low,
        "high": colors.high,
        "steps": colors.steps(),
        "wild": WILD_TYPE,
        "dot": DOT,
        "marks": [HARMLESS, HARMFUL],
        "known": [[one.position, one.alt, int(one.harmful)] for one in known],
    }
