"""The table that a person reads: one line a case as it comes, failing ones expanded."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from parity.checking.checker import CaseResult
from parity.declaring.inputs import InputSet
from parity.declaring.port import Configuration, Pair
from parity.judging.verdict import CrossCheck, OutputResult, Verdict
from parity.report import onnx_cross_check
from parity.report.summary import counts, origin, relative_error

_STYLE = {
    Verdict.IDENTICAL: "green",
    Verdict.EQUIVALENT: "green",
    Verdict.IMPRECISE: "yellow",
    Verdict.DIFFERENT: "bold red",
    Verdict.STRUCTURE: "bold red",
    Verdict.NOT_COMPARED: "magenta",
}
_SHAPES_WIDTH = 24
_CELL_WIDTH = 22
_OUTPUTS_SHOWN = 6

Planned = tuple[Pair, Configuration, tuple[str, ...]]


class _Console(Console):
    """A console that lets a reader's going away be seen, where rich's own would exit with 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stderr: bool = False) -> Console:
    """Where tables are printed: in colour on a terminal, plain in a pipe."""
    return _Console(stderr=stderr, highlight=False, emoji=False, markup=False)


def shape(dims: Sequence[int] | None) -> str:
    """A shape as people write it: 10×129×21."""
    if dims is None:
        return "-"
    return "×".join(map(str, dims)) if dims else "scalar"


def shapes(outputs: Sequence[OutputResult], side: str) -> str:
    """The shapes of a case on a side, "ref" or "cand": up to two, or one and how many more."""
    own = [getattr(o, f"{side}_shape") for o in outputs if not o.name.startswith("grad/")]
    if not own:
        return "-"
    if len(own) > 2:
        main = next((dims for dims in reversed(own) if dims), own[-1])
        return f"{shape(main)} +{len(own) - 1}"
    return ", ".join(shape(dims) for dims in own)


def _cell(result: CaseResult | None) -> Text:
    if result is None:
        return Text("".ljust(_CELL_WIDTH))
    error = relative_error(result)
    mark = "✓" if result.verdict.passes else "✗"
    figure = f" {error:.0e}" if error else ""
    return Text(f"{mark} {result.verdict}{figure}".ljust(_CELL_WIDTH), _STYLE[result.verdict])


def _cross_check_cell(cross_check: CrossCheck) -> Text:
    error = relative_error(cross_check)
    figure = f" {error:.0e}" if error else ""
    text = f"{onnx_cross_check.mark(cross_check)} {cross_check.said}{figure}"
    return Text(text.ljust(_CELL_WIDTH), onnx_cross_check.style(cross_check))


class CaseTable:
    """Prints cases line by line; columns are sized from what is planned, so nothing waits.

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

    def header(self, modes: Sequence[str]) -> None:
        """The line above the cases."""
        columns = [
            "layer".ljust(self._layer),
            "configuration".ljust(self._config),
            *(side.ljust(_SHAPES_WIDTH) for side in self.sides),
            *(mode.ljust(_CELL_WIDTH) for mode in modes),
            *(
                onnx_cross_check.heading(role, self.sides).ljust(_CELL_WIDTH)
                for role in self._exported
            ),
        ]
        self._print(Text("  ".join(columns).rstrip(), "bold"))

    def row(self, cases: Mapping[str, CaseResult], modes: Sequence[str]) -> None:
        """One configuration of one layer, its modes side by side, then what failed in it."""
        first = next(iter(cases.values()))
        outputs = first.outputs
        layer = first.layer if first.layer != self._last_layer else ""
        self._last_layer = first.layer
        line = Text("  ").join(
            [
                Text(layer.ljust(self._layer), "bold"),
                Text(first.config.ljust(self._config)),
                Text(shapes(outputs, "ref").ljust(_SHAPES_WIDTH)),
                Text(shapes(outputs, "cand").ljust(_SHAPES_WIDTH)),
                *(_cell(cases.get(mode)) for mode in modes),
                *(_cross_check_cell(said) for case in cases.values() for said in case.cross_checks),
            ]
        )
        line.rstrip()
        self._print(line)
        for case in cases.values():
            for detail in details(case, self.sides):
                self._print(Text(f"    {case.mode}: ").append_text(detail))
            for line in onnx_cross_check.details(case, self.sides):
                self._print(line)

    def _print(self, line: Text) -> None:
        self.console.print(line, soft_wrap=True)


def details(
    case: CaseResult, sides: tuple[str, str], shown: int | None = _OUTPUTS_SHOWN
) -> list[Text]:
    """What there is to say of a case, line by line: notes, then outputs that fail and how.

    `sides` names the two sides; at most `shown` outputs are told of, all of them for None.
    """
    lines = [Text(note, _STYLE[case.verdict]) for note in case.notes]
    failing = [output for output in case.outputs if not output.verdict.passes]
    for output in failing[:shown]:
        line = Text.assemble((f"{output.name} {output.verdict}", _STYLE[output.verdict]))
        line.append(f": {output.reason}")
        if output.worst:
            element = output.worst
            line.append(
                f"; worst at {list(element.index)}: {sides[0]} {element.reference}, "
                f"{sides[1]} {element.candidate} ({element.dtype})"
            )
        lines.append(line)
    if shown is not None and len(failing) > shown:
        lines.append(Text(f"and {len(failing) - shown} more outputs (--json has them all)"))
    return lines


def print_summary(
    console: Console, results: Sequence[CaseResult], inputs: InputSet, seconds: float
) -> None:
    """What it came to, on which input, and where to begin if something failed."""
    tally = ", ".join(f"{count} {verdict}" for verdict, count in counts(results).items())
    good = bool(results) and all(result.verdict.passes for result in results)
    console.print()
    console.print(
        Text(
            f"{len(results)} case{'s' * (len(results) != 1)}: {tally or 'none'}",
            "bold green" if good else "bold red",
        ).append(f"  ({seconds:.0f} s)", "dim"),
        soft_wrap=True,
    )
    console.print(
        Text(f"input: {inputs.title}" + (f" - {inputs.note}" if inputs.note else "")),
        soft_wrap=True,
    )
    start = origin(results)
    if start is not None:
        console.print(
            Text(f"begin with: {start.layer}, {start.config}, {start.mode}", "bold"), soft_wrap=True
        )
    console.print(
        Text(
            "The figure beside a verdict is the largest float64 difference, relative to the scale "
            "of its tensor; identical and equivalent pass.",
            "dim",
        ),
        soft_wrap=True,
    )
