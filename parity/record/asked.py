"""What a user asked to be recorded or checked, and the command that records it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from parity.checking.selection import MODES, Selection


@dataclass(frozen=True)
class Asked:
    """The port as the user names it, the selection, and the inputs as the user names them.

    `neighbours` is whether the reference's rounding is to be sampled.
    """

    port: str
    selection: Selection
    source: str | None
    records: int
    neighbours: bool = True

    def command(self, bundle: Path) -> str:
        """The command that records this."""
        selection = self.selection
        words = ["parity", "record", "--port", self.port]
        for layer in selection.layers:
            words += ["--layer", layer]
        for config in selection.configs:
            words += ["--config", config]
        if selection.modes != MODES:
            words += ["--mode", selection.modes[0]]
        if selection.gradients:
            words.append("--grad")
        if self.source is not None:
            words += ["--inputs", self.source]
        words += ["--records", str(self.records), "--seed", str(selection.seed)]
        if not self.neighbours:
            words.append("--no-neighbours")
        return shlex.join([*words, "-o", str(bundle)])
