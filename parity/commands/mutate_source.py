"""`parity mutate --source`: change the candidate's own source, one small change at a time."""

import random
import time
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from parity.errors import ParityError

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.selection import Selection
    from parity.coverage.measured import OwnCode
    from parity.declaring.port import Port
    from parity.mutate.source.campaign import Campaign, SourceResult
    from parity.mutate.source.mutants import SourceMutant

_INTERRUPTED = 130


@dataclass(frozen=True)
class SourceOptions:
    """Options of `parity mutate --source` alone, as the command line names them."""

    inputs: str | None
    records: int
    limit: int | None
    jobs: int
    timeout: float
    files: tuple[str, ...]
    equivalent: Path | None
    json: str | None


def run_source(shown: "Console", name: str, selection: "Selection", options: SourceOptions) -> int:
    """Check mutants of the candidate's source, print and write the results.

    Returns the exit code: 0 if none survives that is not declared equivalent, else 1; 130 if it
    was interrupted before any did.
    """
    from parity import files
    from parity.checking.selection import select
    from parity.declaring.registry import find
    from parity.mutate.source import report
    from parity.mutate.source.campaign import Campaign
    from parity.report import json as json_report

    started = time.monotonic()
    port = find(name)
    declared = _declared(name, options.equivalent)
    cases = [(pair.layer, config.name) for pair, config in select(port, selection)]
    campaign = Campaign(
        port,
        name,
        cases,
        source=options.inputs,
        records=options.records,
        seed=selection.seed,
        jobs=options.jobs,
        limit=options.timeout,
    )
    with campaign:
        possible, chosen, results = _check_all(
            shown, port, name, campaign, selection.seed, options, len(cases)
        )
    results = [replace(r, declared=declared.get(r.mutant.identity, "")) for r in results]
    report.print_table(shown, results)
    report.print_survivors(shown, results)
    survived = sum(result.survived for result in results)
    refused = sum(result.refused for result in results)
    equivalent = len(results) - survived - refused
    shown.print(
        f"\n{refused} of {len(results) - equivalent} mutants refused, {equivalent} declared "
        f"equivalent, of {possible} possible  ({time.monotonic() - started:.0f} s)",
        style="bold red" if survived else "bold green",
        soft_wrap=True,
    )
    if options.json is not None:
        document = report.document(port.name, selection.seed, possible, results)
        files.write(options.json, json_report.text(document))
    if survived:
        return 1
    return 0 if len(results) == chosen else _INTERRUPTED


def _declared(name: str, named: Path | None) -> "dict[tuple[str, str, str, str, int], str]":
    from parity.declaring.registry import source_file
    from parity.mutate.source.declared import FILE, read_declared

    if named is not None:
        return read_declared(named)
    declaring = source_file(name)
    beside = declaring.parent / FILE if declaring else None
    return read_declared(beside) if beside is not None and beside.is_file() else {}


def _check_all(
    shown: "Console",
    port: "Port",
    name: str,
    campaign: "Campaign",
    seed: int,
    options: SourceOptions,
    cases: int,
) -> "tuple[int, int, list[SourceResult]]":
    """Return the numbers of possible and of chosen mutants, and the results; fewer on Ctrl-C."""
    from parity.coverage.measured import OwnCode
    from parity.coverage.own_code import declaring_files
    from parity.mutate.source.seen_by import Sight
    from parity.report.progress import waiting

    with waiting(shown, "checking the port as it is") as say:
        done = iter(range(1, cases + 1))

        def progress(case: tuple[str, str]) -> None:
            say(f"the port as it is, {next(done)} of {cases}: {', '.join(case)}")

        controls = campaign.control(progress)
        own = OwnCode.of([control.steps for control in controls], declaring_files(port, name))
        mutants, possible = _chosen(own, options, seed)
        sight = Sight(controls, own.files)
        results: list[SourceResult] = []
        try:
            for result in campaign.run([(mutant, sight.of(mutant)) for mutant in mutants]):
                results.append(result)
                survived = sum(one.survived for one in results)
                say(f"{len(results)} of {len(mutants)} mutants, {survived} survived so far")
        except KeyboardInterrupt:
            # What was checked is worth reporting.
            shown.print(f"interrupted after {len(results)} of {len(mutants)} mutants", style="bold")
    order = {mutant.identity: number for number, mutant in enumerate(mutants)}
    return possible, len(mutants), sorted(results, key=lambda result: order[result.mutant.identity])


def _chosen(own: "OwnCode", options: SourceOptions, seed: int) -> "tuple[list[SourceMutant], int]":
    """Return the mutants to check, in the order of files and lines, and how many there are."""
    from parity.mutate.source.mutants import find_mutants

    found = [
        mutant
        for path in own.files
        for mutant in find_mutants(path)
        if own.holds(path, mutant.top)
        if not options.files or any(fnmatchcase(mutant.file, p) for p in options.files)
    ]
    if not found:
        wanted = f" that matches {' or '.join(options.files)}" if options.files else ""
        raise ParityError(
            f"the candidate has no code{wanted} to change; its own files are "
            f"{', '.join(path.name for path in own.files) or 'none'}"
        )
    if options.limit is None or options.limit >= len(found):
        return found, len(found)
    numbers = random.Random(seed).sample(range(len(found)), options.limit)
    return [found[number] for number in sorted(numbers)], len(found)
