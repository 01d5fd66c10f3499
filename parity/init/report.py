"""Terminal output of `parity init`: the map with its evidence, what is unsure, and the check."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from parity.checking.case_result import CaseResult
from parity.declaring.model_inputs import Input
from parity.init.proposal import Proposal
from parity.judging.verdict import Verdict
from parity.report.summary import counts, origin
from parity.report.terminal import shape

_MEANINGS = {
    "mask": "a mask (padded behind, not at all, in front)",
    "boxes": "boxes",
    "one-hot": "one-hot",
    "range": "0, 1, 2 and so on",
}


def print_inputs(
    console: Console, inputs: Mapping[str, Input], note: str = "", doubtful: bool = False
) -> None:
    """Print the inputs, and which orders of axes were chosen if sizes did not tell."""
    for name, given in inputs.items():
        dims = "".join(f"×{size}" for size in given.shape)
        _print(console, Text(f"input {name}: B{dims} {given.dtype}{_values(given)}"))
    if note:
        _print(console, Text(f"layout: {note}", "yellow" if doubtful else ""))


def print_proposal(console: Console, proposal: Proposal, output: str) -> None:
    """Print each weight with its partner and the evidence, then what is unsure."""
    rows = [
        (match, (weight.name, ", ".join(weight.keys), weight.transform))
        for match in proposal.matches
        for weight in match.layout.weights
    ]
    widths = [max((len(row[n]) for _, row in rows), default=0) for n in range(3)]
    console.print()
    previous = None
    for match, row in rows:
        judgement = match.judgement
        mark = "?"
        if judgement.sure:
            mark = "✓" if judgement.confirmed else "·"
        elif judgement.warning:
            mark = "!"
        cells = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line = Text(f"{mark} {cells}  ", "" if judgement.sure else "yellow")
        if match is not previous:
            line.append(judgement.label + judgement.evidence, "dim")
        line.rstrip()
        _print(console, line)
        previous = match
    for side, weights in (
        ("reference", proposal.unmatched_reference),
        ("candidate", proposal.unmatched_candidate),
    ):
        for weight in weights:
            found = (
                f"? {weight.name}  {shape(weight.shape)}  UNSURE: the {side}'s; no partner found"
            )
            _print(console, Text(found, "yellow"))
    own = (f"{x.name} {shape(x.shape)}: the candidate's own constant" for x in proposal.constants)
    alone = (f"{layer}: {why}" for layer, why in proposal.exempt.items())
    for text in (*(f"not a weight: {x}" for x in own), *(f"not checked alone: {x}" for x in alone)):
        _print(console, Text(text, "dim"))
    for text in proposal.untried:
        _print(console, Text(f"not tried: {text}", "yellow"))
    console.print()
    outcome, style = _outcome(proposal)
    _print(console, Text(f"wrote {output}: {outcome}", style))


def _values(given: Input) -> str:
    """Describe how an input is drawn, and in which order the candidate has its axes."""
    text = f", from 0 to {given.below - 1}" if given.dtype.startswith("int") else ""
    if given.file:
        text = f", from {given.file}"
    elif given.between is not None:
        text = f", from {given.between[0]:g} to {given.between[1]:g}"
    elif given.meaning:
        text = f", {_MEANINGS[given.meaning]}"
    return text if given.order == "same" else f"{text}; {given.order} in the candidate"


def _outcome(proposal: Proposal) -> tuple[str, str]:
    """Return how certain the proposal is, in words, and the style to print it in."""
    style, parts = "bold yellow", []
    warnings = sum(match.judgement.warning for match in proposal.matches)
    if proposal.unsure > warnings:
        parts.append(f"{proposal.unsure - warnings} UNSURE")
    if warnings:
        parts.append(f"{warnings} where names disagree with values")
    if parts:
        return f"{' and '.join(parts)}, marked in the file", style
    if proposal.certain:
        return "every pairing is certain", "bold green"
    if not proposal.agrees:
        return "the map is not confirmed, as the outputs differ under it", style
    count = len(proposal.matches)
    by_name = sum(match.judgement.by_name for match in proposal.matches)
    named = f", names {by_name} more" if by_name else ""
    return (
        f"the map is not confirmed: values confirm only {proposal.confirmed} of {count} "
        f"entries{named}",
        style,
    )


def print_check(console: Console, results: Sequence[CaseResult], output: str) -> None:
    """Print the verdicts of the check, and the command that shows them."""
    tally = ", ".join(f"{count} {verdict}" for verdict, count in counts(results).items())
    passes = all(result.verdict.passes for result in results)
    line = Text(f"parity check {output}: {tally}", "bold green" if passes else "bold red")
    start = origin(results)
    if start is not None:
        structure = start.verdict is Verdict.STRUCTURE
        what = (
            "weights or outputs do not pair up" if structure else "the two compute different things"
        )
        line.append(f"; {what}, first in {start.layer}: run it for why")
    _print(console, line)


def print_exempt(console: Console, inputs: Mapping[str, Input]) -> None:
    """Print the inputs by which gradients are not compared, with the reason."""
    for name, given in inputs.items():
        if given.exempt_gradient:
            _print(console, Text(f"gradients by {name} are exempt: {given.exempt_gradient}"))


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)
