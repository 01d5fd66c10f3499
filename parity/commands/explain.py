"""What `parity check` says of the cause of a mismatch."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from parity.errors import ParityError, UnavailableError

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.checker import CaseResult, Checker


def explain(
    console: "Console", checker: "Checker", results: "Sequence[CaseResult]"
) -> list[dict[str, Any]]:
    """Print where and why each failing layer fails; the same as documents."""
    from rich.text import Text

    from parity.diagnosing.diagnose import diagnose_case
    from parity.report import diagnosis as report

    telling = _telling(checker, results)
    if telling and checker.reference.provenance is not None:
        line = "\nno cause can be looked for: the reference is a recording; check without --golden"
        console.print(Text(line), soft_wrap=True)
        return []
    found = []
    for case in telling:
        pair = checker.port.pair(case.layer)
        config = next(config for config in pair.configs if config.name == case.config)
        about = f"{case.layer}, {case.config}"
        waiting = console.status(f"why {about} differs") if console.is_terminal else nullcontext()
        try:
            with waiting:
                diagnosis = diagnose_case(checker, pair, config)
        except UnavailableError:
            raise
        except ParityError as error:
            console.print(Text(f"\n{about}: no cause can be looked for: {error}"), soft_wrap=True)
            continue
        console.print(Text(f"\n{about}", "bold"))
        for line in report.lines(diagnosis):
            console.print(Text(f"  {line}"), soft_wrap=True)
        found.append(report.document(diagnosis))
    return found


def _raised(result: "CaseResult") -> bool:
    """Whether a case was not compared because the candidate raised (`execute.run_side`)."""
    return not result.outputs and any("the candidate failed in" in note for note in result.notes)


def _telling(checker: "Checker", results: "Sequence[CaseResult]") -> "list[CaseResult]":
    """The first failing case of each layer at fault.

    A layer fed the reference's own inputs is judged by itself; the whole model is asked only where
    none of its layers fails so, and in a cascade only the first that fails can be at fault. A
    candidate that raises is not compared, but may still be asked why.
    """
    random = {pair.layer for pair in checker.port.pairs if pair.distributions}
    failing = [r for r in results if r.verdict.mismatch or _raised(r)]
    failing = [result for result in failing if result.layer not in random]
    isolated = [result for result in failing if result.mode == "isolated"]
    if not isolated:
        return failing[:1]
    first = {result.layer: result for result in reversed(isolated)}
    chosen = [result for result in isolated if first[result.layer] is result]
    parts = [result for result in chosen if result.layer != checker.port.whole]
    return parts or chosen
