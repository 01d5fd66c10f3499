"""Check by several processes: each makes its own checker, and takes a configuration at a time.

All layers of a configuration stay in one process, because they share the runs of the whole model.
"""

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parity.checking.selection import Selection
from parity.commands.processes import Processes
from parity.coverage.tracing import Steps

if TYPE_CHECKING:
    from parity.checking.checker import Checker
    from parity.checking.layer_cases import LayerResult


@dataclass(frozen=True)
class CheckRequest:
    """Request for the same checker in another process.

    Args:
        port, selection, source, records, golden, weights: as `prepare` takes them.
        timeout: seconds that a case may take.
        onnx: sides to cross-check by ONNX, and the folder to keep the files in.
        traced: whether to record what the candidates execute.
    """

    port: str
    selection: Selection
    source: str | None
    records: int | None
    golden: Path | None = None
    weights: str | None = None
    timeout: float | None = None
    onnx: tuple[bool, bool, str | None] = (False, False, None)
    traced: bool = False


@dataclass(frozen=True)
class _Group:
    """Cases of one configuration, by their numbers in the plan."""

    config: str
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class _Numbered:
    number: int
    result: "LayerResult"


@dataclass(frozen=True)
class _Last:
    versions: dict[str, str]
    steps: Steps


class CheckProcesses:
    """Processes that check the cases of one request.

    `versions` and `steps` (what the candidates executed) are there after the last result.

    Args:
        request: what is checked.
        planned: layer and configuration of each case, in the order of the checker's `cases`.
        count: the number of processes; no more are started than there are configurations.
    """

    def __init__(
        self, request: CheckRequest, planned: Sequence[tuple[str, str]], count: int
    ) -> None:
        groups: dict[str, list[int]] = {}
        for number, (_, config) in enumerate(planned):
            groups.setdefault(config, []).append(number)
        # In the order of the plan, so that lines can be printed as soon as possible.
        self._groups = [_Group(config, tuple(numbers)) for config, numbers in groups.items()]
        self.versions: dict[str, str] = {}
        self.steps: list[Steps] = []
        self._processes: Processes[_Group, _Numbered, _Last] = Processes(
            _check, request, min(count, len(groups)), lambda group: f"under {group.config}"
        )

    def __enter__(self) -> "CheckProcesses":
        return self

    def __exit__(self, *exc: object) -> None:
        self._processes.__exit__(*exc)

    def results(self) -> Iterator[tuple[int, "LayerResult"]]:
        """Yield the number of a case in the plan and its result, as each is done.

        Raises ParityError as the checker does, and if a process ends by itself.
        """
        for answer in self._processes.answers(self._groups):
            yield answer.number, answer.result
        for last in self._processes.end():
            self.versions |= last.versions
            self.steps.append(last.steps)


def started(
    request: CheckRequest, checker: "Checker", count: int
) -> contextlib.AbstractContextManager[CheckProcesses | None]:
    """Start processes that check the cases of `checker`; none if `count` is 1."""
    if count == 1:
        return contextlib.nullcontext()
    planned = [(pair.layer, config.name) for pair, config, _ in checker.cases()]
    return CheckProcesses(request, planned, count)


def _check(
    request: CheckRequest, groups: Iterator[_Group], answer: Callable[[_Numbered], None]
) -> _Last:
    from parity.checking.layer_cases import LayerCases
    from parity.commands.preparing import cross_checked, prepare
    from parity.coverage.tracing import Tracer
    from parity.declaring.own_files import is_own
    from parity.runners.freed_memory import keep_freed_memory
    from parity.runners.side import watch_candidates

    keep_freed_memory()
    selection = request.selection
    # What the declaration prints, it has printed in the first process.
    with contextlib.redirect_stdout(io.StringIO()):
        checker = prepare(
            request.port,
            selection,
            request.source,
            request.records,
            request.golden,
            request.weights,
        )
    checker.timeout = request.timeout
    onnx_check = cross_checked(*request.onnx, selection.modes)
    versions = checker.versions()
    if onnx_check:
        versions |= onnx_check.versions(checker.port)
        checker.cross_checker = onnx_check
    cases, planned, tracer = LayerCases(checker), checker.cases(), Tracer(is_own)
    watching = watch_candidates(tracer.tracing) if request.traced else contextlib.nullcontext()
    with watching:
        for group in groups:
            for number in group.numbers:
                answer(_Numbered(number, cases.run(*planned[number])))
    return _Last(versions, tracer.steps)
