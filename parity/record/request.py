"""Request of a recording or a check, and the command that records it."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parity.checking.checker import Checker
from parity.checking.selection import MODES, Selection
from parity.declaring.interpreters import options
from parity.declaring.port import Configuration, Pair


@dataclass(frozen=True)
class RecordRequest:
    """Port and inputs as named by the user, with the selection of cases.

    `sample_rounding` asks for ulp-perturbed runs, which sample the reference's rounding error.
    """

    port: str
    selection: Selection
    source: str | None
    records: int
    sample_rounding: bool = True

    def command(self, folder: Path) -> str:
        """Return the `parity record` command that records this into a folder."""
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
        if not self.sample_rounding:
            words.append("--no-neighbours")
        words += options()
        return shlex.join([*words, "-o", str(folder)])


def reference_runs(checker: Checker) -> Iterator[tuple[Pair, Configuration]]:
    """Yield the pairs and configurations whose reference a check needs, some of them repeatedly.

    In a cascade, a layer is compared in a run of the whole model.
    """
    for pair, config, modes in checker.cases():
        if "isolated" in modes:
            yield pair, config
        if "cascade" in modes:
            assert checker.port.whole is not None
            yield checker.port.pair(checker.port.whole), checker.whole_of(config)
