"""Figures of matplotlib as inline SVG: small, reproducible, in the page's colours."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", _XLINK)

# matplotlib accepts no CSS variable as a colour; these are replaced once the figure is drawn.
TEXT, LINE, REFERENCE, CANDIDATE, DOUBLE, FAIL = (f"#0{n}0{n}0{n}" for n in range(1, 7))
_COLOURS = {
    TEXT: "var(--text)",
    LINE: "var(--line)",
    REFERENCE: "var(--reference)",
    CANDIDATE: "var(--candidate)",
    DOUBLE: "var(--double)",
    FAIL: "var(--fail)",
}
_OWN = {
    "svg.fonttype": "none",
    "svg.hashsalt": "parity",
    "image.composite_image": False,
    # A layer may have a $ in its name.
    "text.parse_math": False,
    "font.size": 8,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": LINE,
    "grid.linewidth": 0.3,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "figure.facecolor": "none",
    "legend.frameon": False,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw figures independently of the user's own matplotlib settings."""
    settings: dict[Any, Any] = {**matplotlib.rcParamsDefault, **_OWN}
    settings.pop("backend", None)
    with matplotlib.rc_context(settings):
        yield


def printable(text: str) -> str:
    """Return the text in one line, with a replacement for every character XML cannot hold."""
    return "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def draw(figure: Figure) -> str:
    """Return the figure as an SVG document; figures that look the same give the same text."""
    with io.StringIO() as stream:
        figure.savefig(stream, format="svg", metadata={"Date": None})
        return stream.getvalue()


def inline(drawn: str, key: str, title: str) -> Markup:
    """Return an SVG document as an element that fills the width of its container.

    Args:
        drawn: what `draw` returns.
        key: prefix of the ids in it, which must be unique within the page.
        title: what the picture shows, for readers who do not see it.
    """
    root = ElementTree.fromstring(drawn)
    _prune(root)
    _rename(root, key)
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", printable(title))
    heading = ElementTree.Element(f"{{{_SVG}}}title")
    heading.text = printable(title)
    root.insert(0, heading)
    text = ElementTree.tostring(root, encoding="unicode")
    # ElementTree has escaped every text in it.
    return Markup(re.sub(r"\s*\n\s*", "", text))


def _prune(root: ElementTree.Element) -> None:
    """Remove metadata, and styles that the page's own style sheet sets."""
    for parent in root.iter():
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        for name, value in element.attrib.items():
            if not name.endswith("href"):
                element.set(name, _tidy(value))


def _tidy(value: str) -> str:
    value = re.sub(r"font: ([\d.]+)px [^;]*", r"font-size: \1px", value)
    value = re.sub(r"font-family: [^;]*; ?", "", value)
    value = re.sub(r"-?\d+\.\d{2,}", lambda number: f"{float(number[0]):.4g}", value)
    return re.sub("|".join(_COLOURS), lambda colour: _COLOURS[colour[0]], value)


def _rename(root: ElementTree.Element, key: str) -> None:
    """Remove ids that nothing refers to, and prefix the others with the key."""
    everything = " ".join(v for e in root.iter() for n, v in e.attrib.items() if n != "id")
    used = set(re.findall(r"url\(#([^)]+)\)", everything))
    used |= {
        value[1:]
        for element in root.iter()
        for name, value in element.attrib.items()
        if name.endswith("href") and value.startswith("#")
    }
    short = {name: f"{key}-{number}" for number, name in enumerate(sorted(used))}
    for element in root.iter():
        identity = element.attrib.pop("id", None)
        if identity in short:
            element.set("id", short[identity])
        for name, value in element.attrib.items():
            if name.endswith("href") and value[1:] in short:
                element.set(name, f"#{short[value[1:]]}")
            elif "url(#" in value:
                element.set(
                    name, re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{short[m[1]]})", value)
                )
