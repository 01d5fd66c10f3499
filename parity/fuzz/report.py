"""What `parity fuzz` and `parity replay` say: a line a hunt, and the find below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.fuzz.replay import Replay
from parity.fuzz.search import Hunt
from parity.judging.verdict import Verdict


@dataclass(frozen=True)
class Hunted:
    """A hunt that is over, and the file that its find was written to."""

    hunt: Hunt
    replay: str | None = None


class HuntTable:
    """Prints hunts line by line; columns are sized from what is planned."""

    def __init__(self, console: Console, planned: Sequence[tuple[str, str]]) -> None:
        self.console = console
        self._layer = max([len("layer"), *(len(layer) for layer, _ in planned)])
        self._config = max([len("configuration"), *(len(config) for _, config in planned)])
        self._print(self._line("layer", "configuration", "tried").append("result"), "bold")

    def _line(self, layer: str, config: str, tried: str) -> Text:
        columns = (layer.ljust(self._layer), config.ljust(self._config), tried.rjust(5))
        return Text("  ".join(columns) + "  ")

    def row(self, hunted: Hunted) -> None:
        """One hunt, and what it found."""
        hunt = hunted.hunt
        line = self._line(hunt.pair.layer, hunt.config.name, str(hunt.tried))
        if hunt.recipe is not None and hunt.outcome is not None:
            self._print(line.append(f"✗ {hunt.outcome.verdict}", "bold red"))
            self._print(Text(f"    on: {'; '.join(hunt.recipe.words())}"))
            self._print(Text(f"    {hunt.outcome.reason}"))
            if hunted.replay is not None:
                self._print(Text(f"    run it again: parity replay {hunted.replay}"))
            return
        style = "green"
        line.append("✗ not compared" if hunt.nothing_told else "✓ none found", style)
        if hunt.untold:
            line.append(f"; on {hunt.untold} not all could be compared", "dim")
        if hunt.time_is_up:
            line.append("; its time was up", "dim")
        self._print(line)

    def skipped(self, layer: str, config: str, reason: str) -> None:
        """A line for what is not hunted."""
        self._print(self._line(layer, config, "-").append(reason, "dim"))

    def failed(self, layer: str, config: str, reason: str) -> None:
        """A line for what could not be hunted."""
        self._print(self._line(layer, config, "-").append(f"✗ not compared: {reason}", "magenta"))

    def _print(self, line: Text, style: str = "") -> None:
        self.console.print(line, style=style, soft_wrap=True)


def print_summary(console: Console, done: Sequence[Hunted], seconds: float) -> None:
    """What all hunts came to."""
    found = sum(hunted.hunt.recipe is not None for hunted in done)
    tried = sum(hunted.hunt.tried for hunted in done)
    text = f"{tried} inputs tried on {len(done)} case{'s' * (len(done) != 1)}: "
    text += f"{found} failing" if found else "none failing"
    style = "bold red" if found or not done else "bold green"
    console.print()
    console.print(Text(text, style).append(f"  ({seconds:.0f} s)", "dim"), soft_wrap=True)


def document(
    port: str, versions: Mapping[str, str], seed: int, done: Sequence[Hunted]
) -> dict[str, Any]:
    """The whole as one JSON document."""
    return {
        "port": port,
        "versions": dict(versions),
        "seed": seed,
        "hunts": [_document(hunted) for hunted in done],
    }


def _document(hunted: Hunted) -> dict[str, Any]:
    hunt = hunted.hunt
    found = None
    if hunt.recipe is not None and hunt.outcome is not None:
        found = {
            "verdict": str(hunt.outcome.verdict),
            "reason": hunt.outcome.reason,
            "changes": hunt.recipe.words(),
            "replay": hunted.replay,
        }
    return {
        "layer": hunt.pair.layer,
        "config": hunt.config.name,
        "tried": hunt.tried,
        "shrinking": hunt.shrunk,
        "not_all_compared": hunt.untold,
        "time_is_up": hunt.time_is_up,
        "found": found,
    }


def print_replayed(console: Console, replay: Replay, now: Verdict, changes: Sequence[str]) -> None:
    """What the case is, what has changed since, and whether the verdict is the one stored."""
    console.print(Text(f"case: {replay.words_in_line}"), soft_wrap=True)
    for change in changes:
        console.print(Text(f"changed: {change}", "yellow"), soft_wrap=True)
    if now == replay.verdict:
        line = Text(f"{now}, as when it was found", "bold")
    else:
        line = Text(f"{now}; it was {replay.verdict} when it was found", "bold yellow")
    if replay.verdict != now and replay.reason:
        line.append(f" ({replay.reason})", "dim")
    console.print(line, soft_wrap=True)
