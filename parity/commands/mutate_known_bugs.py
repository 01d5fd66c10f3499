"""`parity mutate` without --source: plant known bugs, by this process or by several."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parity.commands.mutate_processes import MutateProcesses, MutateRequest

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.selection import Selection
    from parity.declaring.port import Port
    from parity.mutate.mutant import MutantResult, Planned


@dataclass(frozen=True)
class KnownBugOptions:
    """Options of known bugs, as the command line names them."""

    inputs: str | None
    records: int
    limit: int | None
    jobs: int
    diagnose: bool
    json: str | None


def run_known_bugs(
    shown: "Console", name: str, selection: "Selection", options: KnownBugOptions
) -> int:
    """Check known bugs, print and write the results; return the exit code."""
    from parity import files
    from parity.declaring.registry import find
    from parity.mutate import report
    from parity.report import json as json_report
    from parity.report.progress import waiting
    from parity.runners.freed_memory import keep_freed_memory

    started = time.monotonic()
    keep_freed_memory()
    port = find(name)
    request = MutateRequest(
        name, selection, options.inputs, options.records, options.diagnose, options.limit
    )
    with waiting(shown, "running the port as it is") as show:
        if options.jobs == 1:
            possible, results = _here(port, request, show)
        else:
            possible, results = _elsewhere(port, request, options.jobs, show)
    report.print_table(shown, results, options.diagnose)
    report.print_survivors(shown, results)
    real = report.counted(results)
    caught = sum(result.caught for result in real)
    drawn = f", {len(results)} of {possible} drawn" if len(results) < possible else ""
    shown.print(
        f"\n{caught} of {len(real)} mutants caught{drawn}  ({time.monotonic() - started:.0f} s)",
        style="bold green" if real and caught == len(real) else "bold red",
        soft_wrap=True,
    )
    if options.json is not None:
        files.write(options.json, json_report.text(report.document(port.name, possible, results)))
    return 0 if real and caught == len(real) else 1


def _here(
    port: "Port", request: MutateRequest, show: Callable[[str], None]
) -> "tuple[int, list[MutantResult]]":
    """Return how many mutants there are, and the results of those that were drawn."""
    from parity.mutate.mutant import retried

    mutator = request.mutator(port)
    every = mutator.planned(lambda case: show(f"the port as it is: {case}"))
    chosen = _drawn(every, request)
    results: dict[int, MutantResult] = {}
    for number, planned in enumerate(chosen):
        mutant = mutator.mutant(planned)
        show(f"{number + 1} of {len(chosen)}: {mutant.name}")
        results[number] = mutator.run(mutant, request.diagnosed)
    for (_, config), left in retried(chosen, results):
        for number, place in left:
            show(f"{results[number].name} once more, under {config}")
            again = mutator.run(mutator.mutant(chosen[number], place), request.diagnosed)
            if again.caught:
                results[number] = again
    return len(every), list(results.values())


def _elsewhere(
    port: "Port", request: MutateRequest, jobs: int, show: Callable[[str], None]
) -> "tuple[int, list[MutantResult]]":
    """Return the same, run by several processes."""
    from parity.checking.selection import select

    cases = [(pair.layer, config.name) for pair, config in select(port, request.selection)]
    with MutateProcesses(request, cases, jobs) as processes:
        every = processes.planned(
            lambda done: show(f"the port as it is: {done} of {len(cases)} cases")
        )
        chosen = _drawn(every, request)
        results = processes.results(
            chosen, lambda done, result: show(f"{done} of {len(chosen)}: {result.name}")
        )
    return len(every), results


def _drawn(every: "Sequence[Planned]", request: MutateRequest) -> "Sequence[Planned]":
    if request.limit is None or request.limit >= len(every):
        return every
    numbers = random.Random(request.selection.seed).sample(range(len(every)), request.limit)
    return [every[number] for number in sorted(numbers)]
