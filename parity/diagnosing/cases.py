"""Cases of a check that are worth a diagnosis: those at which a fault can be, each once."""

from collections.abc import Sequence

from parity.checking.case_result import CaseResult
from parity.checking.weight_gradients import is_of_weights_alone
from parity.declaring.port import Port


def select_cases(port: Port, results: Sequence[CaseResult]) -> list[CaseResult]:
    """Return the cases to diagnose: the first failing one of each layer at fault.

    An isolated layer gets the reference's own inputs, so the fault is its own. The whole model is
    diagnosed only if none of its isolated layers fails; in a cascade, only the first failing layer
    can be at fault. A candidate that raises is not compared, but is diagnosed. Where only inputs
    that need no gradient make a difference, the verdict has said what there is to say. Layers in
    training have causes of their own (`training_causes`).
    """
    random = {pair.layer for pair in port.pairs if pair.distributions}
    failing = [
        result
        for result in results
        if (result.verdict.mismatch or _candidate_raised(result))
        and result.layer not in random
        and not _needs_no_gradient(result)
        and result.mode != "training"
    ]
    isolated = [result for result in failing if result.mode == "isolated"]
    if not isolated:
        return failing[:1]
    first: dict[str, CaseResult] = {}
    for result in isolated:
        first.setdefault(result.layer, result)
    return [result for layer, result in first.items() if layer != port.whole] or [*first.values()]


def select_divergences(port: Port, results: Sequence[CaseResult]) -> list[tuple[CaseResult, str]]:
    """Return the cases to diagnose, each with the output that differs independently, or "".

    Of a whole model with several independent divergences, or with some beside its layers that are
    at fault, each is diagnosed by itself.
    """
    chosen = select_cases(port, results)
    at_fault = {result.layer for result in results if result.mode == "isolated"} & {
        result.layer for result in results if result.verdict.mismatch
    }
    found: list[tuple[CaseResult, str]] = []
    for result in [*chosen, *(r for r in results if r.layer == port.whole and r.independent)]:
        if any(result is earlier for earlier, _ in found):
            continue
        own = [name for name in result.independent if name not in at_fault]
        alone = result in chosen and len(own) < 2
        found += [(result, "")] if alone else [(result, name) for name in own]
    return found


def _needs_no_gradient(result: CaseResult) -> bool:
    """Return whether a case fails only on inputs that need no gradient."""
    failing = [output for output in result.outputs if not output.verdict.passes]
    return bool(failing) and all(map(is_of_weights_alone, failing))


def _candidate_raised(result: CaseResult) -> bool:
    return not result.outputs and any("the candidate failed in" in note for note in result.notes)
