"""`parity fuzz`: search for inputs on which the sides differ."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.options import (
    ConfigOption,
    InputsOption,
    JsonOption,
    LayerOption,
    PortArgument,
    PortOption,
    SeedOption,
    choose_port,
    console,
)
from parity.errors import ParityError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from parity.checking.checker import Checker
    from parity.fuzz.report import FuzzResult
    from parity.fuzz.search import FuzzRun, Limits


def fuzz(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    config: ConfigOption = None,
    examples: Annotated[
        int, typer.Option("--examples", min=1, max=1_000_000, help="Inputs to try per case.")
    ] = 100,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=1, help="Total time, divided evenly among the cases."),
    ] = None,
    seed: SeedOption = 1,
    grad: Annotated[
        bool, typer.Option("--grad", help="Also compare gradients of inputs and of every weight.")
    ] = False,
    inputs: InputsOption = None,
    records: Annotated[
        int, typer.Option("--records", min=1, max=1000, help="Records of the inputs to start from.")
    ] = 4,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|FOLDER",
            help="Folder or file for counterexamples. Default: the current folder.",
        ),
    ] = None,
    json: JsonOption = None,
    port: PortOption = None,
) -> None:
    """Search for inputs on which the sides differ; write the smallest one per case to a file.

    Exits with 0 if none was found, 1 if one was, 2 if a case could not be fuzzed.
    """
    from parity import files
    from parity.checking.selection import Selection
    from parity.commands.preparing import prepare
    from parity.fuzz import report
    from parity.fuzz.search import Limits
    from parity.report import json as json_report

    files.refuse_unwritable(json)
    chosen = choose_port(port_argument, port)
    selection = Selection(tuple(layer or ()), tuple(config or ()), ("isolated",), grad, seed)
    checker = prepare(chosen.name, selection, inputs, records)
    save = _replay_writer(checker, chosen.name, output)
    shown = console(stderr=json == "-")
    chosen.print_reason(shown)
    started = time.monotonic()
    limits = Limits(examples, None if seconds is None else started + seconds, seed)
    results: list[FuzzResult] = []
    try:
        failed = _fuzz_all(checker, limits, shown, save, results)
    finally:
        # After Ctrl-C too: counterexamples found so far are kept.
        report.print_summary(shown, results, time.monotonic() - started)
        if json is not None:
            document = report.document(checker.port.name, checker.versions(), seed, results)
            files.write(json, json_report.text(document))
    if any(result.run.counterexample is not None for result in results):
        raise typer.Exit(1)
    incomplete = failed or not results or any(result.run.nothing_compared for result in results)
    raise typer.Exit(2 if incomplete else 0)


def _fuzz_all(
    checker: "Checker",
    limits: "Limits",
    shown: "Console",
    save: "Callable[[FuzzRun], str]",
    results: "list[FuzzResult]",
) -> bool:
    """Fuzz every case and append to `results`; return True if a case could not be run."""
    from parity.fuzz.report import FuzzResult, FuzzTable
    from parity.fuzz.search import FuzzRun
    from parity.fuzz.target import make_target
    from parity.report.progress import waiting

    planned = [(pair, config) for pair, config, _ in checker.cases()]
    table = FuzzTable(shown, [(pair.layer, config.name) for pair, config in planned])
    failed = False
    with waiting(shown, "importing") as show:

        def progress(run: "FuzzRun") -> None:
            doing = f"shrinking, {run.shrunk}" if run.counterexample else f"{run.tried}"
            show(f"{run.pair.layer} {run.config.name}: {doing} of {limits.examples}")

        def finish(run: "FuzzRun") -> None:
            results.append(FuzzResult(run, save(run) if run.counterexample is not None else None))
            table.row(results[-1])

        for number, (pair, config) in enumerate(planned):
            if pair.distributions:
                table.skipped(pair.layer, config.name, "not fuzzed: its outputs are samples")
                continue
            run = None
            try:
                run = FuzzRun(pair, config, make_target(checker, pair, config), progress)
                run.run(_share(limits, len(planned) - number))
            except UnavailableError:
                raise
            except ParityError as error:
                table.failed(pair.layer, config.name, str(error))
                failed = True
                continue
            except KeyboardInterrupt:
                if run is not None and run.counterexample is not None:
                    finish(run)
                raise
            finish(run)
    return failed


def _share(limits: "Limits", left: int) -> "Limits":
    """Return the limits of the next run, which gets an equal share of the remaining time."""
    from dataclasses import replace

    if limits.until is None:
        return limits
    now = time.monotonic()
    return replace(limits, until=now + max(0.0, limits.until - now) / left)


def _replay_writer(checker: "Checker", port: str, output: str | None) -> "Callable[[FuzzRun], str]":
    """Return a function that writes a run's counterexample to a file and returns its path.

    Raises ParityError if it could not write there, or would overwrite a file.
    """
    from parity import files

    target = Path(output or ".")
    as_file = output is not None and not target.is_dir()
    if as_file:
        files.refuse_unwritable(output)
        if target.exists():
            raise ParityError(f"{target} already exists; name another file, or delete it")
        if (cases := len(checker.cases())) > 1:
            raise ParityError(
                f"--output {target} is a file, but there are {cases} cases; name a folder, "
                "or select a single case with --layer and --config"
            )

    def save(run: "FuzzRun") -> str:
        from parity.fuzz.replay import from_run

        names = (checker.port.name, run.pair.layer, run.config.name)
        path = target if as_file else _free_path(target, re.sub(r"[^\w.-]+", "_", "-".join(names)))
        from_run(run, port, checker.versions()).save(path)
        return str(path)

    return save


def _free_path(folder: Path, stem: str) -> Path:
    """Return a path in the folder at which no file exists."""
    path, number = folder / f"{stem}.replay", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.replay"
    return path
