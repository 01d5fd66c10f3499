"""Cases of one layer in one configuration: in each mode, then in training mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.training_cases import TrainingCases
from parity.checking.training_runs import EvaluationOnly
from parity.declaring.port import Configuration, Pair
from parity.declaring.shared_models import SharedModels, sharing
from parity.judging.verdict import Verdict


@dataclass(frozen=True)
class LayerResult:
    """Results of a layer in a configuration, by mode, and what was seen of it in training mode."""

    cases: Mapping[str, CaseResult]
    training: CaseResult | EvaluationOnly | None = None


class LayerCases:
    """Checks one layer in one configuration at a time."""

    def __init__(self, checker: Checker) -> None:
        self._checker, self._training = checker, TrainingCases(checker)
        self._models = SharedModels()

    def run(self, pair: Pair, config: Configuration, modes: Sequence[str]) -> LayerResult:
        """Check a layer in some modes; in training mode only if it can be run isolated."""
        with sharing(self._models):
            cases = {mode: self._checker.run(pair, config, mode) for mode in modes}
            isolated = cases.get("isolated")
            if isolated is None or isolated.verdict is Verdict.NOT_COMPARED:
                return LayerResult(cases)
            return LayerResult(cases, self._training.run(pair, config))
