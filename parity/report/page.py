"""What stands on the page of a check: its rows, its cases, and which pictures are worth a look."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from parity.checking import detail
from parity.checking.checker import CaseResult
from parity.checking.detail import Detail
from parity.judging.margin import margin
from parity.judging.verdict import OutputResult
from parity.report import pictures
from parity.report.checked import Checked
from parity.report.summary import relative_error
from parity.report.svg import drawing, inline
from parity.report.terminal import shapes

# A line through fewer intermediates shows no growth.
_FEWEST_STAGES = 3


@dataclass(frozen=True)
class Picture:
    """A picture and what is written under it."""

    caption: str
    svg: Markup


@dataclass(frozen=True)
class Case:
    """One case as the page shows it; `key` is its place on the page.

    Pictures of one output are together.
    """

    key: str
    result: CaseResult
    error: float | None
    galleries: tuple[tuple[Picture, ...], ...]

    @property
    def name(self) -> str:
        """The case in words."""
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


def cases(results: Sequence[CaseResult]) -> list[Case]:
    """All cases with their pictures."""
    with drawing():
        return [_case(f"case-{number}", result) for number, result in enumerate(results, 1)]


def rows(shown: Sequence[Case]) -> list[Row]:
    """The cases as lines of a table, in their order."""
    found: dict[tuple[str, str], dict[str, Case]] = {}
    for case in shown:
        found.setdefault((case.result.layer, case.result.config), {})[case.result.mode] = case
    return [_row(layer, config, by_mode) for (layer, config), by_mode in found.items()]


def _row(layer: str, config: str, by_mode: dict[str, Case]) -> Row:
    first = next(iter(by_mode.values())).result.outputs
    outputs = [output for case in by_mode.values() for output in case.result.outputs]
    return Row(layer, config, shapes(first, "ref"), shapes(first, "cand"), by_mode, _strip(outputs))


def _strip(outputs: Sequence[OutputResult]) -> list[tuple[str, float]]:
    """Where errors of the output nearest to its bounds stand from 1e-18 to 1, in percent."""
    found = [(m.worse, o, m) for o, m in pictures.held(outputs)]
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


def shares(results: Sequence[CaseResult]) -> Picture | None:
    """float32 against float64, of every output of every case; None if none was held to float64."""
    outputs = [output for result in results for output in result.outputs]
    if not pictures.held(outputs):
        return None
    with drawing():
        figure = pictures.shares(outputs)
        return _picture(
            figure,
            "shares",
            "float32 against float64, every output of every case: the share it uses of what "
            "rounding allows. Right of or above the dashed lines an output fails; at the very left "
            "are those that do not differ at all.",
        )


def intermediates(checked: Checked) -> list[Picture]:
    """Return the growth of errors through the intermediates, for each configuration."""
    found: list[Picture] = []
    with drawing():
        for config, outputs in _wholes(checked.results):
            if len(pictures.held(outputs)) >= _FEWEST_STAGES:
                about = f"Configuration {config}: errors of each intermediate, in the order run."
                figure = pictures.growth(outputs)
                found.append(_picture(figure, f"intermediates-{len(found)}", about))
    return found


def _wholes(results: Sequence[CaseResult]) -> Iterator[tuple[str, list[OutputResult]]]:
    """By configuration, the outputs of the whole model's run.

    All intermediates of one run, and their order, are known from the case of the whole model; where
    that was not checked, what the cascade shows of its layers is strung together.
    """
    for config in dict.fromkeys(result.config for result in results if result.mode == "cascade"):
        own = [result for result in results if result.config == config]
        strung = {o.name: o for r in own if r.mode == "cascade" for o in _no_gradients(r.outputs)}
        whole = next(
            (r for r in own if r.mode == "isolated" and set(strung) <= {o.name for o in r.outputs}),
            None,
        )
        yield config, _no_gradients(whole.outputs) if whole else list(strung.values())


def _no_gradients(outputs: Iterable[OutputResult]) -> list[OutputResult]:
    return [output for output in outputs if not output.name.startswith("grad/")]


def _case(key: str, result: CaseResult) -> Case:
    return Case(key, result, relative_error(result), tuple(_galleries(key, result)))


def _galleries(key: str, result: CaseResult) -> Iterator[tuple[Picture, ...]]:
    outputs = _no_gradients(result.outputs)
    if result.mode == "isolated" and len(pictures.held(outputs)) >= _FEWEST_STAGES:
        caption = "Errors from output to output, in the order computed."
        yield (_picture(pictures.growth(outputs), f"{key}-growth", caption),)
    by_name = {output.name: output for output in result.outputs}
    for number, (name, found) in enumerate(result.details.items()):
        yield tuple(_of_output(f"{key}-{number}", by_name[name], found))


def _of_output(key: str, output: OutputResult, found: Detail) -> Iterator[Picture]:
    if found.magnitudes is not None:
        allowed = margin(output) if output.scale else None
        figure = pictures.magnitudes(found.magnitudes, allowed, output.scale or 1.0)
        yield _picture(figure, f"{key}-m", f"{output.name}: error against magnitude.")
    floating = found.magnitudes is not None
    for name, values in found.positions.maps.items():
        if values.any():
            what = f"largest error in {_DTYPES[name]}" if floating else "where the two differ"
            figure = pictures.positions(found.positions, name)
            yield _picture(figure, f"{key}-{name[:1]}", f"{output.name}: {what}, by position.")


_DTYPES = {detail.CANDIDATE32: "float32", detail.BETWEEN64: "float64"}


def _picture(figure: Figure, key: str, caption: str) -> Picture:
    return Picture(caption, inline(figure, key, caption))
