"""Table of a check for the terminal: a line for each case as it runs, then a summary."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from parity.checking.case_result import CaseResult
from parity.checking.training_runs import EvaluationOnly
from parity.declaring.inputs import InputSet
from parity.declaring.port import Configuration, Pair
from parity.judging.margin import share_of_bound
from parity.judging.verdict import CrossCheck, OutputResult, Verdict
from parity.messages import safe_console
from parity.report import evaluation_only, onnx_cross_check
from parity.report.summary import counts, relative_error

_STYLE = {
    Verdict.EXEMPT: "green",
    Verdict.IDENTICAL: "green",
    Verdict.EQUIVALENT: "green",
    Verdict.IMPRECISE: "yellow",
    Verdict.DIFFERENT: "bold red",
    Verdict.STRUCTURE: "bold red",
    Verdict.NOT_COMPARED: "magenta",
}
# The width of "✓ equivalent 4e-16", and of the narrowest useful column of shapes.
_CELL_WIDTH = 18
_LEAST_SHAPE_WIDTH, _SHAPE_WIDTH = 10, 24
_OUTPUTS_SHOWN = 6
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_IN_TRAINING = "  in training"

Planned = tuple[Pair, Configuration, tuple[str, ...]]


class _Console(Console):
    """Console that raises BrokenPipeError, where rich itself would exit with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """Return a console for tables: in colour on a terminal, plain in a pipe."""
    return safe_console(_Console(stderr=stderr, highlight=False, emoji=False, markup=False))


def print_indented(console: Console, text: Text, indent: int = 0) -> None:
    """Print a sentence: wrapped between words on a terminal, one line in a pipe."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent).append_text(text), soft_wrap=True)


def shape(dims: Sequence[int] | None) -> str:
    """Return a shape in the usual notation: 10×129×21."""
    if dims is None:
        return "-"
    return "×".join(map(str, dims)) if dims else "scalar"


def shapes(outputs: Sequence[OutputResult], side: str) -> str:
    """Return a case's shapes on a side, "ref" or "cand": up to two, or one and a count."""
    own = [getattr(o, f"{side}_shape") for o in outputs if not o.name.startswith("grad/")]
    if not own:
        return "-"
    if len(own) > 2:
        main = next((dims for dims in reversed(own) if dims), own[-1])
        return f"{shape(main)} +{len(own) - 1}"
    return ", ".join(shape(dims) for dims in own)


def _cell(mark: str, word: str, error: float | None, style: str) -> Text:
    figure = f" {error:.0e}" if error else ""
    return Text(f"{mark} {word}{figure}".ljust(_CELL_WIDTH), style)


def _verdict_cell(result: CaseResult | None) -> Text:
    if result is None:
        return Text(" " * _CELL_WIDTH)
    mark = "✓" if result.verdict.passes else "✗"
    return _cell(mark, str(result.verdict), relative_error(result), _STYLE[result.verdict])


def _cross_check_cell(said: CrossCheck) -> Text:
    mark, style = onnx_cross_check.mark(said), onnx_cross_check.style(said)
    return _cell(mark, said.label, relative_error(said), style)


class CaseTable:
    """Prints cases line by line; columns are sized in advance, so each line prints at once.

    Lines fit the console's width: where they would not, a layer gets a line of its own above its
    configurations, and the shapes are shortened or left out (`parity shapes` prints them).
    A column is added for each side, "reference" or "candidate", that is `exported` to ONNX.
    """

    def __init__(
        self, console: Console, planned: Sequence[Planned], exported: Sequence[str] = ()
    ) -> None:
        self.console, self._exported = console, exported
        self._layer = max([len("layer"), *(len(pair.layer) for pair, _, _ in planned)])
        self._config = max([len("configuration"), *(len(config.name) for _, config, _ in planned)])
        frameworks = [(p.reference.framework, p.candidate.framework) for p, _, _ in planned]
        self.sides = frameworks[0] if len(set(frameworks)) == 1 else ("reference", "candidate")
        self._last_layer = ""
        modes = len({mode for _, _, modes in planned for mode in modes})
        cells = (modes + len(exported)) * (_CELL_WIDTH + 2)
        self._stacked = self._layer + 2 + self._config + cells > console.width
        name = 2 + self._config if self._stacked else self._layer + 2 + self._config
        left = console.width - name - cells - 2
        self._shape = min(left, _SHAPE_WIDTH) if left >= _LEAST_SHAPE_WIDTH else 0

    def header(self, modes: Sequence[str]) -> None:
        """Print the line above the cases."""
        exported = [onnx_cross_check.heading(role, self.sides) for role in self._exported]
        cells = [Text(head.ljust(_CELL_WIDTH)) for head in (*modes, *exported)]
        self._print_line("layer", "configuration", "shape", cells, "bold")

    def row(self, cases: Mapping[str, CaseResult], modes: Sequence[str]) -> None:
        """Print one configuration of one layer, its modes side by side."""
        first = next(iter(cases.values()))
        layer = first.layer if first.layer != self._last_layer else ""
        self._last_layer = first.layer
        reference, candidate = (shapes(first.outputs, side) for side in ("ref", "cand"))
        dims = reference if reference == candidate else f"{reference} | {candidate}"
        checks = [said for case in cases.values() for said in case.cross_checks]
        cells = [_verdict_cell(cases.get(mode)) for mode in modes]
        self._print_line(layer, first.config, dims, [*cells, *map(_cross_check_cell, checks)])

    def training_row(self, case: CaseResult) -> None:
        """Print a layer's verdict in training, below its configuration."""
        self._print_line("", _IN_TRAINING, "", [_verdict_cell(case)])

    def training_case(self, case: CaseResult) -> None:
        """Print the verdict on one step of a training."""
        self._last_layer = case.layer
        self._print_line(case.layer, case.config, "", [_verdict_cell(case)])

    def _print_line(
        self, layer: str, config: str, dims: str, cells: Sequence[Text], style: str = ""
    ) -> None:
        columns = [Text(config.ljust(self._config), style)]
        if not self._stacked:
            columns.insert(0, Text(layer.ljust(self._layer), "bold"))
        elif layer:
            self.console.print(Text(layer, "bold"), soft_wrap=True)
        if self._shape:
            short = dims if len(dims) <= self._shape else dims[: self._shape - 1] + "…"
            columns.append(Text(short.ljust(self._shape), style))
        line = Text("  ").join([*columns, *cells])
        line.rstrip()
        if self._stacked:
            line = Text("  ").append_text(line)
        self.console.print(line, soft_wrap=True)


def details(
    case: CaseResult, sides: tuple[str, str], shown: int | None = _OUTPUTS_SHOWN
) -> list[Text]:
    """Return the notes of a case, then a line for each failing output with its reason.

    Outputs are in the order of how far they are beyond their bound, those without a bound first.
    `sides` names the two sides; at most `shown` outputs have a line of their own, all of them for
    None, and the others one together.
    """
    lines = [Text(note, _STYLE[case.verdict]) for note in case.notes]
    if len(case.independent) > 1:
        lines.append(
            Text(
                f"{len(case.independent)} divergences, each of which remains if the layers before "
                f"it return the reference's outputs: {', '.join(case.independent)}"
            )
        )
    failing = [output for output in case.outputs if not output.verdict.passes]
    failing.sort(key=share_of_bound, reverse=True)
    shown = len(failing) if shown is None else shown
    lines += [_failing_output(output, sides) for output in failing[:shown]]
    if rest := failing[shown:]:
        listed = ", ".join(f"{output.name} {share_of_bound(output):.0e}" for output in rest)
        lines.append(Text(f"and {len(rest)} more, with their multiples of the bound: {listed}"))
    return lines


def _failing_output(output: OutputResult, sides: tuple[str, str]) -> Text:
    line = Text.assemble((f"{output.name} {output.verdict}", _STYLE[output.verdict]))
    line.append(f": {output.reason}")
    if output.worst:
        element = output.worst
        line.append(
            f"; worst at {list(element.index)}: {sides[0]} {element.reference}, "
            f"{sides[1]} {element.candidate} ({element.dtype})"
        )
    return line


def _said(
    results: Sequence[CaseResult], sides: tuple[str, str]
) -> list[tuple[list[CaseResult], list[Text]]]:
    """Return what is to be said of which cases; passing cases of a layer may share it."""
    said: dict[tuple[object, ...], tuple[list[CaseResult], list[Text]]] = {}
    for number, case in enumerate(results):
        lines = [*details(case, sides), *onnx_cross_check.details(case, sides)]
        if not lines:
            continue
        alone = None if case.verdict.passes else number
        key = (case.layer, case.mode, alone, *(line.plain for line in lines))
        said.setdefault(key, ([], lines))[0].append(case)
    return list(said.values())


def print_summary(
    console: Console,
    results: Sequence[CaseResult],
    inputs: InputSet,
    seconds: float,
    *,
    headline: Sequence[str] = (),
    sides: tuple[str, str] = ("reference", "candidate"),
) -> None:
    """Print the headline (`summary.headline`), the counts, the input, and what failed in detail."""
    console.print()
    for each in headline:
        print_indented(console, Text(each, "bold"))
    if headline:
        console.print()
    tally = ", ".join(f"{count} {verdict}" for verdict, count in counts(results).items())
    passes = bool(results) and all(result.verdict.passes for result in results)
    text = f"{len(results)} case{'s' * (len(results) != 1)}: {tally or 'none'}"
    style = "bold green" if passes else "bold red"
    print_indented(console, Text(text, style).append(f"  ({seconds:.0f} s)", "dim"))
    note = f" - {inputs.note}" if inputs.note else ""
    print_indented(console, Text(f"input: {inputs.title}{note}"))
    for cases, lines in _said(results, sides):
        title = f"{cases[0].layer}, {', '.join(case.config for case in cases)}, {cases[0].mode}"
        console.print(Text(f"\n{title}", "bold"), soft_wrap=True)
        for line in lines:
            print_indented(console, line, indent=2)
    if any(relative_error(result) for result in results):
        legend = "Beside a verdict: the largest float64 difference, relative to the tensor's scale."
        console.print()
        print_indented(console, Text(legend, "dim"))


def print_evaluation_only(console: Console, found: Sequence[EvaluationOnly]) -> None:
    """Print which layers were not compared in training, and why."""
    if found:
        console.print()
    for line in evaluation_only.lines(found):
        print_indented(console, Text(line, "dim"))


def print_diagnoses(console: Console, diagnoses: Sequence[Mapping[str, Any]]) -> None:
    """Print where and why each layer at fault differs."""
    for diagnosis in diagnoses:
        title = f"{diagnosis['layer']}, {diagnosis['config']}"
        console.print(Text(f"\nwhy {title} differs", "bold"), soft_wrap=True)
        for line in diagnosis["explanation"]:
            print_indented(console, Text(line), indent=2)


def print_patches(console: Console, diagnoses: Sequence[Mapping[str, Any]]) -> None:
    """Print the patch of each root cause that has one."""
    for diagnosis in diagnoses:
        for cause in diagnosis["root_causes"]:
            if cause["patch"] is None:
                continue
            what = " and ".join(bug["what"] for bug in cause["known_bugs"])
            print_patch(console, what, cause["patch"]["diff"])


def print_patch(console: Console, what: str, diff: str) -> None:
    """Print a patch, as a unified diff, below what it repairs."""
    console.print(Text(f"\npatch: {what}", "bold"), soft_wrap=True)
    for line in diff.splitlines():
        style = _DIFF_STYLES.get(line[:1], "") if line[:3] not in ("---", "+++") else "bold"
        console.print(Text(line, style), soft_wrap=True)
