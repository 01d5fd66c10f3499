"""Rows, cases and pictures of the HTML page of a check."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure

from parity.checking import detail
from parity.checking.case_result import CaseResult
from parity.checking.detail import Detail, Positions
from parity.judging.margin import margin
from parity.judging.verdict import OutputResult
from parity.report import pictures
from parity.report.checked import Checked
from parity.report.summary import relative_error
from parity.report.svg import draw, drawing, inline
from parity.report.terminal import shapes

# A line through fewer intermediates cannot show growth.
_FEWEST_INTERMEDIATES = 3
# Maps of errors that differ by less than this share look the same.
_SAME_COLOUR = 0.02


@dataclass
class Picture:
    """A picture, its caption, and the other outputs for which the same one would be drawn."""

    caption: str
    svg: Markup
    key: str
    also: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One case as the page shows it; `key` is its anchor on the page.

    Pictures of one output are together. `repeated` are pictures of another case that this case
    would repeat.
    """

    key: str
    result: CaseResult
    error: float | None
    galleries: tuple[tuple[Picture, ...], ...]
    repeated: tuple[Picture, ...] = ()

    @property
    def name(self) -> str:
        """Return a description of the case."""
        return f"{self.result.layer}, {self.result.config}, {self.result.mode}"


@dataclass(frozen=True)
class Row:
    """One configuration of one layer, its modes side by side."""

    layer: str
    config: str
    reference: str
    candidate: str
    cases: dict[str, Case]
    strip: list[tuple[str, float]]


class Gallery:
    """All pictures of a page, each of them once."""

    def __init__(self) -> None:
        self._by_content: dict[str, Picture] = {}

    def add(self, figure: Figure, caption: str, of: str) -> tuple[Picture, bool]:
        """Return the picture of a figure that belongs to `of`, and whether it is new."""
        drawn = draw(figure)
        found = self._by_content.get(drawn)
        if found is not None:
            found.also.append(of)
            return found, False
        key = f"picture-{len(self._by_content) + 1}"
        picture = Picture(caption, inline(drawn, key, caption), key)
        self._by_content[drawn] = picture
        return picture, True


def cases(results: Sequence[CaseResult], gallery: Gallery) -> list[Case]:
    """Return all cases with those of their pictures that the gallery does not hold yet."""
    with drawing():
        return [_case(f"case-{n}", result, gallery) for n, result in enumerate(results, 1)]


def rows(shown: Sequence[Case]) -> list[Row]:
    """Return the cases as rows of a table, in their order."""
    found: dict[tuple[str, str], dict[str, Case]] = {}
    for case in shown:
        found.setdefault((case.result.layer, case.result.config), {})[case.result.mode] = case
    return [_row(layer, config, by_mode) for (layer, config), by_mode in found.items()]


def _row(layer: str, config: str, by_mode: dict[str, Case]) -> Row:
    first = next(iter(by_mode.values())).result.outputs
    outputs = [output for case in by_mode.values() for output in case.result.outputs]
    return Row(layer, config, shapes(first, "ref"), shapes(first, "cand"), by_mode, _strip(outputs))


def _strip(outputs: Sequence[OutputResult]) -> list[tuple[str, float]]:
    """Return the errors and bounds of the output nearest to its bounds, in percent of the strip.

    The strip is logarithmic, from 1e-18 to 1.
    """
    found = [(m.worse, o, m) for o, m in pictures.with_margins(outputs)]
    if not found:
        return []
    _, output, near = max(found, key=lambda each: each[0])
    marks = {
        "logic": near.bounds.logic,
        "rounding": near.bounds.rounding,
        "reference": output.ref_err,
        "candidate": output.cand_err,
        "double": output.max_abs_err_64,
    }
    scale = output.scale or 1.0
    return [(kind, _percent((value or 0.0) / scale)) for kind, value in marks.items()]


def _percent(error: float) -> float:
    decades = math.log10(error) if 0 < error < math.inf else (0.0 if error else -18.0)
    return round(min(max((decades + 18) / 18, 0.0), 1.0) * 100, 1)


def shares(results: Sequence[CaseResult], gallery: Gallery) -> Picture | None:
    """Return float32 against float64 of every output; None if no output has bounds."""
    outputs = [output for result in results for output in result.outputs]
    if not pictures.with_margins(outputs):
        return None
    caption = "float32 against float64, a point for each output of each case."
    with drawing():
        return gallery.add(pictures.shares(outputs), caption, "all cases")[0]


def intermediates(checked: Checked, gallery: Gallery) -> list[Picture]:
    """Return the growth of errors through the intermediates, for each configuration."""
    found: list[Picture] = []
    with drawing():
        for config, outputs in _wholes(checked.results):
            if len(pictures.with_margins(outputs)) >= _FEWEST_INTERMEDIATES:
                caption = f"Configuration {config}: errors of each intermediate, in the order run."
                picture, new = gallery.add(pictures.growth(outputs), caption, config)
                found += [picture] * new
    return found


def _wholes(results: Sequence[CaseResult]) -> Iterator[tuple[str, list[OutputResult]]]:
    """Yield the outputs of the whole model's run, by configuration.

    The case of the whole model has all intermediates of one run in their order; where it was not
    checked, the outputs of its layers in the cascade are joined instead.
    """
    for config in dict.fromkeys(result.config for result in results if result.mode == "cascade"):
        own = [result for result in results if result.config == config]
        joined = {o.name: o for r in own if r.mode == "cascade" for o in _no_gradients(r.outputs)}
        whole = next(
            (r for r in own if r.mode == "isolated" and set(joined) <= {o.name for o in r.outputs}),
            None,
        )
        yield config, _no_gradients(whole.outputs) if whole else list(joined.values())


def _no_gradients(outputs: Sequence[OutputResult]) -> list[OutputResult]:
    return [output for output in outputs if not output.name.startswith("grad/")]


def _case(key: str, result: CaseResult, gallery: Gallery) -> Case:
    galleries: list[tuple[Picture, ...]] = []
    repeated: dict[str, Picture] = {}
    name = f"{result.layer}, {result.config}, {result.mode}"
    for figures in _figures(result):
        added = [gallery.add(f, caption, f"{output} ({name})") for f, caption, output in figures]
        repeated |= {picture.key: picture for picture, new in added if not new}
        galleries.append(tuple(picture for picture, new in added if new))
    kept = tuple(filter(None, galleries))
    return Case(key, result, relative_error(result), kept, tuple(repeated.values()))


def _figures(result: CaseResult) -> Iterator[list[tuple[Figure, str, str]]]:
    """Yield the figures of each output together, each with its caption and the output's name."""
    outputs = _no_gradients(result.outputs)
    if result.mode == "isolated" and len(pictures.with_margins(outputs)) >= _FEWEST_INTERMEDIATES:
        caption = "Errors of each output, in the order computed."
        yield [(pictures.growth(outputs), caption, "all outputs")]
    by_name = {output.name: output for output in result.outputs}
    for name, found in result.details.items():
        drawn = _of_output(by_name[name], found)
        yield [(figure, f"{name}: {caption}", name) for figure, caption in drawn]


def _of_output(output: OutputResult, found: Detail) -> Iterator[tuple[Figure, str]]:
    if found.magnitudes is not None:
        allowed = margin(output) if output.scale else None
        figure = pictures.magnitudes(found.magnitudes, allowed, output.scale or 1.0)
        yield figure, "error against magnitude."
    maps = {name: values for name, values in found.positions.maps.items() if values.any()}
    if len(maps) == 2 and _look_the_same(found.positions):
        figure = pictures.positions(found.positions, next(iter(maps)))
        yield figure, "largest error by position, the same in float32 and float64."
        return
    for name in maps:
        precision = _PRECISIONS[name]
        what = f"largest error in {precision}" if found.magnitudes else "where the two differ"
        yield pictures.positions(found.positions, name), f"{what}, by position."


_PRECISIONS = {detail.CANDIDATE32: "float32", detail.BETWEEN64: "float64"}


def _look_the_same(found: Positions) -> bool:
    one, other = found.maps.values()
    return bool(np.allclose(one, other, rtol=_SAME_COLOUR, atol=0))
