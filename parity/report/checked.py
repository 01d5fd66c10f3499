"""A whole check as every form of report is made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parity.checking.checker import CaseResult
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Pair


@dataclass(frozen=True)
class Checked:
    """What was checked, and what came of it.

    Args:
        port: the port's name.
        versions: the version of every framework that the port's sides name.
        inputs: what the cases were run on.
        selection: what the user asked for.
        results: every case, in the order in which it was run.
        diagnoses: of the layers at fault, as `parity.report.diagnosis.document` has them.
        seconds: how long the cases took.
        pairs: what the port declares.
        recorded: how the recording in the reference's place came to be; None if there is none.
    """

    port: str
    versions: Mapping[str, str]
    inputs: InputSet
    selection: Selection
    results: tuple[CaseResult, ...]
    diagnoses: tuple[Mapping[str, Any], ...]
    seconds: float
    pairs: tuple[Pair, ...] = ()
    recorded: Mapping[str, Any] | None = None

    @cached_property
    def _pairs(self) -> dict[str, Pair]:
        return {pair.layer: pair for pair in self.pairs}

    def pair(self, layer: str) -> Pair:
        """The pair of a layer."""
        return self._pairs[layer]

    def frameworks(self, layer: str) -> tuple[str, str]:
        """The frameworks of a layer's reference and candidate."""
        return self.pair(layer).reference.framework, self.pair(layer).candidate.framework
