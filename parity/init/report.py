"""What `parity init` prints: the map with its evidence, what is unsure, and what a check says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from parity.checking.checker import CaseResult
from parity.declaring.models import Input
from parity.init.proposal import Proposal
from parity.init.writing import described
from parity.judging.verdict import Verdict
from parity.report.summary import counts, origin
from parity.report.terminal import shape


@contextmanager
def waiting(console: Console, text: str) -> Iterator[Callable[[str], None]]:
    """Say what is being done, on a terminal; gives what says the next thing."""
    if not console.is_terminal:
        yield lambda said: None
        return
    with console.status(text) as status:
        yield status.update


def print_proposal(
    console: Console, proposal: Proposal, inputs: Mapping[str, Input], output: str
) -> None:
    """The inputs, each weight with where it went and why, then what is not sure."""
    for name, given in inputs.items():
        below = f", from 0 to {given.below - 1}" if given.dtype.startswith("int") else ""
        _print(
            console,
            Text(
                f"input {name}: B{''.join(f'×{size}' for size in given.shape)} {given.dtype}{below}"
            ),
        )
    rows = [(match, row) for match in proposal.matches for row in described(match)]
    widths = [max((len(row[n]) for _, row in rows), default=0) for n in range(3)]
    console.print()
    last = None
    for match, row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        evidence = match.evidence if match is not last else ""
        mark = "✓" if match.sure else "?"
        line = Text(f"{mark} {cells[0]}  {cells[1]}  {cells[2]}  ", "" if match.sure else "yellow")
        line.append(("" if match.sure else "UNSURE: ") * bool(evidence) + evidence, "dim")
        line.rstrip()
        _print(console, line)
        last = match
    for held, side in (
        *((held, "reference") for held in proposal.left),
        *((held, "candidate") for held in proposal.spare),
    ):
        said = f"? {held.name}  {shape(held.shape)}  UNSURE: the {side}'s; no partner was found"
        _print(console, Text(said, "yellow"))
    for layer, why in proposal.exempt.items():
        _print(console, Text(f"not checked alone: {layer}: {why}", "dim"))
    _print_outcome(console, proposal, output)


def _print_outcome(console: Console, proposal: Proposal, output: str) -> None:
    unsure = proposal.unsure
    said = "all of it sure" if not unsure else f"{unsure} UNSURE, marked in the file"
    console.print()
    _print(console, Text(f"wrote {output}: {said}", "bold green" if not unsure else "bold yellow"))


def print_check(console: Console, results: Sequence[CaseResult], output: str) -> None:
    """What the check comes to, and how to see it."""
    tally = ", ".join(f"{count} {verdict}" for verdict, count in counts(results).items())
    good = all(result.verdict.passes for result in results)
    command = f"parity check --port {output}"
    line = Text(f"{command}: {tally}", "bold green" if good else "bold red")
    start = origin(results)
    if start is not None:
        structure = start.verdict is Verdict.STRUCTURE
        what = (
            "weights or outputs do not pair up" if structure else "the two compute different things"
        )
        line.append(f"; {what}, first in {start.layer}: run it for why")
    _print(console, line)


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)
