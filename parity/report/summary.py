"""What a whole check comes to, in figures that every form of report shows alike."""

from collections import Counter
from collections.abc import Sequence

from parity.checking.checker import CaseResult
from parity.judging.verdict import CrossCheck, Verdict


def counts(results: Sequence[CaseResult]) -> dict[str, int]:
    """How many cases got each verdict, in the order of Verdict, zeros left out."""
    found = Counter(result.verdict for result in results)
    return {str(verdict): found[verdict] for verdict in Verdict if found[verdict]}


def origin(results: Sequence[CaseResult]) -> CaseResult | None:
    """The case where a reader should begin: the first mismatch of a layer fed right inputs.

    In a cascade a mistake shows in every later layer too; an isolated pair that fails is at fault.
    """
    failing = [result for result in results if result.verdict.mismatch]
    isolated = [result for result in failing if result.mode == "isolated"]
    return next(iter(isolated or failing), None)


def relative_error(result: CaseResult | CrossCheck) -> float | None:
    """The largest float64 difference relative to its output's scale, if there is one."""
    errors = [
        output.max_abs_err_64 / output.scale
        for output in result.outputs
        if output.max_abs_err_64 is not None and output.scale
    ]
    return max(errors, default=None)
