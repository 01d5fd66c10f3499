"""Reports of `parity fuzz` and `parity replay`: a table, a summary and a JSON document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.fuzz.replay import Replay
from parity.fuzz.search import FuzzRun
from parity.judging.verdict import Verdict

SCHEMA = {"name": "parity-fuzz", "version": 2}


@dataclass(frozen=True)
class FuzzResult:
    """A finished run, and the file that its counterexample was written to."""

    run: FuzzRun
    replay: str | None = None


class FuzzTable:
    """Prints one line for each run; columns are sized for the planned cases."""

    def __init__(self, console: Console, planned: Sequence[tuple[str, str]]) -> None:
        self.console = console
        self._layer = max([len("layer"), *(len(layer) for layer, _ in planned)])
        self._config = max([len("configuration"), *(len(config) for _, config in planned)])
        self._print(self._line("layer", "configuration", "tried").append("result"), "bold")

    def _line(self, layer: str, config: str, tried: str) -> Text:
        columns = (layer.ljust(self._layer), config.ljust(self._config), tried.rjust(5))
        return Text("  ".join(columns) + "  ")

    def row(self, result: FuzzResult) -> None:
        """Print a run, with its counterexample below."""
        run = result.run
        line = self._line(run.pair.layer, run.config.name, str(run.tried))
        if run.counterexample is not None and run.outcome is not None:
            self._print(line.append(f"✗ {run.outcome.verdict}", "bold red"))
            self._print(Text(f"    case: {'; '.join(run.counterexample.describe())}"))
            self._print(Text(f"    {run.outcome.reason}"))
            if result.replay is not None:
                self._print(Text(f"    run it again: parity replay {result.replay}"))
            return
        if run.nothing_compared:
            line.append("✗ not compared", "yellow")
        else:
            line.append("✓ no counterexample", "green")
        if run.not_compared:
            line.append(f"; {run.not_compared} could not be compared in full", "dim")
        if run.timed_out:
            line.append("; stopped by --seconds", "dim")
        self._print(line)

    def skipped(self, layer: str, config: str, reason: str) -> None:
        """Print a line for a case that is not fuzzed."""
        self._print(self._line(layer, config, "-").append(reason, "dim"))

    def failed(self, layer: str, config: str, reason: str) -> None:
        """Print a line for a case that cannot be run."""
        self._print(self._line(layer, config, "-").append(f"✗ not compared: {reason}", "magenta"))

    def _print(self, line: Text, style: str = "") -> None:
        self.console.print(line, style=style, soft_wrap=True)


def print_summary(console: Console, results: Sequence[FuzzResult], seconds: float) -> None:
    """Print how many inputs were tried, and on how many cases one failed."""
    failing = sum(result.run.counterexample is not None for result in results)
    tried = sum(result.run.tried for result in results)
    text = f"{tried} inputs tried on {len(results)} case{'s' * (len(results) != 1)}: "
    text += f"{failing} failing" if failing else "none failing"
    style = "bold red" if failing or not results else "bold green"
    console.print()
    console.print(Text(text, style).append(f"  ({seconds:.0f} s)", "dim"), soft_wrap=True)


def document(
    port: str, versions: Mapping[str, str], seed: int, results: Sequence[FuzzResult]
) -> dict[str, Any]:
    """Return all runs as one JSON document."""
    return {
        "schema": SCHEMA,
        "port": port,
        "versions": dict(versions),
        "seed": seed,
        "cases": [_case(result) for result in results],
    }


def _case(result: FuzzResult) -> dict[str, Any]:
    run = result.run
    counterexample = None
    if run.counterexample is not None and run.outcome is not None:
        counterexample = {
            "verdict": str(run.outcome.verdict),
            "reason": run.outcome.reason,
            "changes": run.counterexample.describe(),
            "replay": result.replay,
        }
    return {
        "layer": run.pair.layer,
        "config": run.config.name,
        "tried": run.tried,
        "shrinking": run.shrunk,
        "not_compared": run.not_compared,
        "timed_out": run.timed_out,
        "counterexample": counterexample,
    }


def print_replayed(console: Console, replay: Replay, now: Verdict, changes: Sequence[str]) -> None:
    """Print the case, what has changed since it was found, and the verdicts then and now."""
    console.print(Text(f"case: {'; '.join(replay.words)}"), soft_wrap=True)
    for change in changes:
        console.print(Text(f"changed: {change}", "yellow"), soft_wrap=True)
    if now == replay.verdict:
        line = Text(f"{now}, as when it was found", "bold")
    else:
        line = Text(f"{now}; it was {replay.verdict} when it was found", "bold yellow")
        if replay.reason:
            line.append(f" ({replay.reason})", "dim")
    console.print(line, soft_wrap=True)
