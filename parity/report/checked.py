"""Data of a finished check, from which every report is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from parity.checking.case_result import CaseResult
from parity.checking.given_weights import GivenWeights
from parity.checking.own_weights import OwnWeights
from parity.checking.selection import Selection
from parity.checking.training_runs import EvaluationOnly
from parity.coverage.measured import Coverage
from parity.declaring.inputs import InputSet
from parity.declaring.port import Pair
from parity.judging.verdict import exit_code


@dataclass(frozen=True)
class Checked:
    """A finished check: the request, and every result.

    Args:
        port: the port's name.
        versions: the version of every framework that the port's sides name.
        inputs: the records that the cases ran on.
        selection: the layers, configurations and modes that the user asked for.
        results: every case, in the order in which it ran.
        diagnoses: of the layers at fault, as `parity.report.diagnosis.document` returns them.
        seconds: how long the cases took.
        pairs: the pairs that the port declares.
        recorded: provenance of the recording that replaced the reference; None without one.
        named: the port as the user named it; empty for the default.
        coverage: what the cases executed of the candidate's code; None if it was not measured.
        least_coverage: the percentage that it must reach; None for any.
        evaluation_only: layers that do something else in training, where they were not compared.
        weights: those that the user named; None if they were drawn.
        own_weights: the candidate's own, compared with them; None if that was not asked for.
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
    named: str = ""
    coverage: Coverage | None = None
    least_coverage: float | None = None
    evaluation_only: tuple[EvaluationOnly, ...] = ()
    weights: GivenWeights | None = None
    own_weights: OwnWeights | None = None

    @cached_property
    def _pairs(self) -> dict[str, Pair]:
        return {pair.layer: pair for pair in self.pairs}

    def pair(self, layer: str) -> Pair:
        """Return the pair of a layer."""
        return self._pairs[layer]

    def frameworks(self, layer: str) -> tuple[str, str]:
        """Return the frameworks of a layer's reference and candidate."""
        return self.pair(layer).reference.framework, self.pair(layer).candidate.framework

    @property
    def lacks_coverage(self) -> bool:
        """Return whether less of the candidate's code was executed than asked for."""
        if self.coverage is None or self.least_coverage is None:
            return False
        return self.coverage.percent < self.least_coverage

    @property
    def has_other_weights(self) -> bool:
        """Return whether a tensor of the candidate's own is not the reference's."""
        return self.own_weights is not None and bool(self.own_weights.different)

    @property
    def exit_code(self) -> int:
        """Return 0 if all cases pass and enough was executed, 1 if not, 2 if some did not run.

        1 also for a candidate whose own weights are not the reference's.
        """
        found = exit_code(case.verdict for case in self.results)
        return found or int(self.lacks_coverage or self.has_other_weights)
