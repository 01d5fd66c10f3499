"""`parity fuzz`: inputs that hunt for a difference."""

import re
import time
from contextlib import nullcontext
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

    from rich.status import Status

    from parity.checking.checker import Checker
    from parity.declaring.port import Configuration, Pair
    from parity.fuzz.report import Hunted, HuntTable
    from parity.fuzz.search import Hunt, Limits


def fuzz(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    config: ConfigOption = None,
    examples: Annotated[
        int, typer.Option("--examples", min=1, max=1_000_000, help="Inputs to try on each case.")
    ] = 100,
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=1, help="Time for all, shared evenly by the cases."),
    ] = None,
    seed: SeedOption = 1,
    grad: Annotated[
        bool, typer.Option("--grad", help="Gradients too, by inputs and by every weight.")
    ] = False,
    inputs: InputsOption = None,
    records: Annotated[
        int, typer.Option("--records", min=1, max=1000, help="Records of the inputs to begin with.")
    ] = 4,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", "-o", metavar="FILE|FOLDER", help="Where finds go. Default: this folder."
        ),
    ] = None,
    json: JsonOption = None,
    port: PortOption = None,
) -> None:
    """Hunt for inputs on which the sides differ; the smallest of each case goes into a file.

    Exits with 0 if there is none, 1 if there is one, 2 if a case could not be hunted on.
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
    planned = [(pair, configuration) for pair, configuration, _ in checker.cases()]
    keep = _keeper(checker, chosen.name, output, len(planned))
    shown = console(stderr=json == "-")
    chosen.print_reason(shown)
    table = report.HuntTable(shown, [(pair.layer, c.name) for pair, c in planned])
    started = time.monotonic()
    limits = Limits(examples, None if seconds is None else started + seconds, seed)
    done: list[Hunted] = []
    try:
        with shown.status("importing") if shown.is_terminal else nullcontext() as status:
            failed = _hunt_all(checker, planned, limits, table, status, keep, done)
    finally:
        # Also after Ctrl-C: what was found so far is kept.
        report.print_summary(shown, done, time.monotonic() - started)
        if json is not None:
            document = report.document(checker.port.name, checker.versions(), seed, done)
            files.write(json, json_report.text(document))
    if any(each.hunt.recipe is not None for each in done):
        raise typer.Exit(1)
    untold = failed or not done or any(each.hunt.nothing_told for each in done)
    raise typer.Exit(2 if untold else 0)


def _hunt_all(
    checker: "Checker",
    planned: "list[tuple[Pair, Configuration]]",
    limits: "Limits",
    table: "HuntTable",
    status: "Status | None",
    keep: "Callable[[Hunt], str]",
    done: "list[Hunted]",
) -> bool:
    """Hunt on every case, adding to `done`; whether one could not be hunted on."""
    from parity.fuzz.ground import survey
    from parity.fuzz.report import Hunted
    from parity.fuzz.search import Hunt

    def progress(hunt: "Hunt") -> None:
        if status is not None:
            doing = f"shrinking, {hunt.shrunk}" if hunt.recipe else f"{hunt.tried}"
            status.update(f"{hunt.pair.layer} {hunt.config.name}: {doing} of {limits.examples}")

    failed = False
    for number, (pair, config) in enumerate(planned):
        if pair.distributions:
            table.skipped(pair.layer, config.name, "not hunted: its outputs are samples")
            continue
        hunt = None
        try:
            hunt = Hunt(pair, config, survey(checker, pair, config), progress)
            hunt.run(_share(limits, len(planned) - number))
        except UnavailableError:
            raise
        except ParityError as error:
            table.failed(pair.layer, config.name, str(error))
            failed = True
            continue
        except KeyboardInterrupt:
            if hunt is not None and hunt.recipe is not None:
                done.append(Hunted(hunt, keep(hunt)))
                table.row(done[-1])
            raise
        done.append(Hunted(hunt, keep(hunt) if hunt.recipe is not None else None))
        table.row(done[-1])
    return failed


def _share(limits: "Limits", left: int) -> "Limits":
    """The limits of one hunt: of the time left, its part."""
    from dataclasses import replace

    if limits.until is None:
        return limits
    now = time.monotonic()
    return replace(limits, until=now + max(0.0, limits.until - now) / left)


def _keeper(
    checker: "Checker", port: str, output: str | None, cases: int
) -> "Callable[[Hunt], str]":
    """A function that writes a hunt's find into a file of its own and tells its path.

    Raises ParityError if it could not write there, or would write over a file.
    """
    from parity import files

    target = Path(output or ".")
    as_file = output is not None and not target.is_dir()
    if as_file:
        files.refuse_unwritable(output)
        if target.exists():
            raise ParityError(f"{target} is there already; name another file, or take it away")
        if cases > 1:
            raise ParityError(
                f"--output {target} is one file for {cases} cases; name a folder, "
                "or one case by --layer and --config"
            )

    def keep(hunt: "Hunt") -> str:
        from parity.fuzz.replay import of_hunt

        found = of_hunt(hunt, port, checker.versions())
        names = (checker.port.name, hunt.pair.layer, hunt.config.name)
        path = target if as_file else _free(target, re.sub(r"[^\w.-]+", "_", "-".join(names)))
        found.save(path)
        return str(path)

    return keep


def _free(folder: Path, stem: str) -> Path:
    """A path in the folder at which there is nothing yet."""
    path, number = folder / f"{stem}.replay", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.replay"
    return path
