"""Known bugs planted by several processes: each has its own mutator.

First each case is run as it is, and the bugs that it allows are listed; then the mutants are given
out, some of one case at a time, as they share its runs.
"""

import contextlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity.checking.selection import Selection
from parity.commands.processes import Processes

if TYPE_CHECKING:
    from parity.declaring.port import Port
    from parity.mutate.mutant import MutantResult, Planned
    from parity.mutate.mutator import Mutator

_AT_A_TIME = 20


@dataclass(frozen=True)
class MutateRequest:
    """Request for mutants, which this process or several serve.

    Args:
        port: the port's name.
        selection, source, records: as `Mutator` takes them.
        diagnosed: whether mutants are diagnosed.
        limit: how many mutants are drawn; None for all.
    """

    port: str
    selection: Selection
    source: str | None
    records: int
    diagnosed: bool
    limit: int | None = None

    def mutator(self, port: "Port") -> "Mutator":
        """Return a mutator of the port."""
        from parity.mutate.mutator import Mutator

        return Mutator(port, self.selection, self.source, self.records)


@dataclass(frozen=True)
class _Cases:
    """Layers to list the bugs of, under one configuration."""

    config: str
    layers: tuple[str, ...]


@dataclass(frozen=True)
class _Mutants:
    """Mutants of one case, each with its number and that of the place.

    `turn` counts the cases that survivors are checked in once more.
    """

    config: str
    mutants: "tuple[tuple[int, Planned, int], ...]"
    turn: int = 0


@dataclass(frozen=True)
class _Listed:
    layer: str
    config: str
    bugs: list[str]


@dataclass(frozen=True)
class _Checked:
    number: int
    turn: int
    result: "MutantResult"


class MutateProcesses:
    """Processes that plant the known bugs of one request; use as a context manager.

    Args:
        request: what is planted into.
        cases: layer and configuration of each case, in the port's order.
        count: the number of processes.
    """

    def __init__(
        self, request: MutateRequest, cases: Sequence[tuple[str, str]], count: int
    ) -> None:
        self._cases = cases
        self._processes: Processes[_Cases | _Mutants, _Listed | _Checked, None] = Processes(
            _plant, request, count, lambda task: f"under {task.config}"
        )

    def __enter__(self) -> "MutateProcesses":
        return self

    def __exit__(self, *exc: object) -> None:
        self._processes.__exit__(*exc)

    def planned(self, show: Callable[[int], None]) -> "list[Planned]":
        """Run each case as it is and return all mutants; `show` is called with each number done.

        Raises ParityError if a case fails before any bug is planted.
        """
        from parity.mutate.mutant import plan

        layers: dict[str, list[str]] = {}
        for layer, config in self._cases:
            layers.setdefault(config, []).append(layer)
        tasks = [_Cases(config, tuple(own)) for config, own in layers.items()]
        found: dict[tuple[str, str], list[str]] = {}
        for answer in self._processes.answers(tasks):
            assert isinstance(answer, _Listed)
            found[answer.layer, answer.config] = answer.bugs
            show(len(found))
        return plan((*case, found[case]) for case in self._cases)

    def results(
        self, mutants: "Sequence[Planned]", show: "Callable[[int, MutantResult], None]"
    ) -> "list[MutantResult]":
        """Check mutants and return the results in their order; `show` is called after each.

        Those that survive are checked under their other configurations as well, and have the result
        of the first of these that catches them.
        """
        found: dict[int, MutantResult] = {}
        turns: dict[int, int] = {}
        for answer in self._processes.answers(_by_case(mutants)):
            assert isinstance(answer, _Checked)
            found[answer.number] = answer.result
            show(len(found), answer.result)
        for answer in self._processes.answers(_once_more(mutants, found)):
            assert isinstance(answer, _Checked)
            number, turn = answer.number, answer.turn
            if answer.result.caught and turn < turns.get(number, turn + 1):
                found[number], turns[number] = answer.result, turn
            show(len(found), answer.result)
        return [found[number] for number in range(len(mutants))]


def _by_case(mutants: "Sequence[Planned]") -> Iterator[_Mutants]:
    cases: dict[tuple[str, str], list[tuple[int, Planned, int]]] = {}
    for number, planned in enumerate(mutants):
        case = (planned.places[0][0], planned.layer)
        cases.setdefault(case, []).append((number, planned, 0))
    for (config, _), own in cases.items():
        for start in range(0, len(own), _AT_A_TIME):
            yield _Mutants(config, tuple(own[start : start + _AT_A_TIME]))


def _once_more(
    mutants: "Sequence[Planned]", found: "dict[int, MutantResult]"
) -> Iterator[_Mutants]:
    from parity.mutate.mutant import retried

    for turn, ((_, config), left) in enumerate(retried(mutants, found)):
        yield _Mutants(config, tuple((n, mutants[n], place) for n, place in left), turn)


def _plant(
    request: MutateRequest,
    tasks: Iterator[_Cases | _Mutants],
    answer: Callable[[_Listed | _Checked], None],
) -> None:
    from parity.declaring.registry import find
    from parity.runners.freed_memory import keep_freed_memory

    keep_freed_memory()
    # What the declaration prints, it has printed in the first process.
    with contextlib.redirect_stdout(io.StringIO()):
        mutator = request.mutator(find(request.port))
    for task in tasks:
        if isinstance(task, _Cases):
            for layer in task.layers:
                answer(_Listed(layer, task.config, mutator.bugs(layer, task.config)))
        else:
            for number, planned, place in task.mutants:
                result = mutator.run(mutator.mutant(planned, place), request.diagnosed)
                answer(_Checked(number, task.turn, result))
