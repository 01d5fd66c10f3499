"""Runs a port's reference and keeps what it gives: the other half of parity.record.recorded."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from parity.checking.checker import Checker
from parity.checking.execution import PERTURBED_RUNS
from parity.checking.reference import LiveReference
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.registry import source_file
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, SideFailedError, UnavailableError
from parity.record import bundle, digest, provenance, traces
from parity.record.asked import Asked
from parity.record.bundle import Bundle, RecordedCase

Said = Callable[[RecordedCase, float], None]


def record(
    port: Port, inputs: InputSet, asked: Asked, folder: Path, target: Path, said: Said
) -> Bundle:
    """Record what is asked into an empty folder, which is to become `target`.

    `said` is told of each case, with the seconds it took. Raises ParityError, naming the case, if
    one cannot be run in float32.
    """
    recorder = Recorder(port, inputs, asked.selection, folder, asked.neighbours, said)
    recorder.record_all()
    made = Bundle(
        folder,
        provenance.collect(
            port.name,
            source_file(asked.port),
            asked.command(target),
            recorder.versions({case.framework for case in recorder.cases.values()}),
            PERTURBED_RUNS if asked.neighbours else 0,
        ),
        asked.selection.seed,
        asked.selection.gradients,
        inputs.title,
        digest.of_arrays(inputs.arrays),
        recorder.cases,
    )
    bundle.write(made)
    return made


class Recorder(LiveReference):
    """Records cases into a folder, one file each; the reference alone is ever run.

    It is the reference of its own checker: where that needs the whole model's intermediates to
    feed a layer, the whole model is recorded first, and its recorded intermediates are handed out.
    """

    def __init__(
        self,
        port: Port,
        inputs: InputSet,
        selection: Selection,
        folder: Path,
        neighbours: bool = True,
        said: Said = lambda case, seconds: None,
    ) -> None:
        self.checker = Checker(port, inputs, selection, self)
        self.cases: dict[tuple[str, str], RecordedCase] = {}
        self._folder, self._neighbours, self._said = folder, neighbours, said

    def record_all(self) -> None:
        """Record whatever the checker's cases need of the reference.

        Raises ParityError, naming the case, if one cannot be run in float32.
        """
        for pair, config, modes in self.checker.cases():
            if "isolated" in modes:
                self.record(pair, config)
            if "cascade" in modes:
                assert self.checker.port.whole is not None
                whole = self.checker.port.pair(self.checker.port.whole)
                self.record(whole, self.checker.whole_of(config))

    def record(self, pair: Pair, config: Configuration) -> RecordedCase:
        """Record one case, once."""
        key = pair.layer, config.name
        if key not in self.cases:
            try:
                # Making the task may record the whole model first.
                task = self.checker.task(pair, config)
                started = time.monotonic()
                self.cases[key] = self._record(pair, config, task)
            except (UnavailableError, _CannotRecord):
                raise
            except ParityError as error:
                raise _CannotRecord(
                    f"{pair.layer}, {config.name} cannot be recorded: {error}; "
                    "leave it out by --layer and --config, or mend it"
                ) from error
            self._said(self.cases[key], time.monotonic() - started)
        return self.cases[key]

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """The recorded run, without gradients; recorded now if it was not yet."""
        case = self.record(pair, config)
        return traces.load(self._folder / case.file, dtype, gradients=False)

    def _record(self, pair: Pair, config: Configuration, task: Task) -> RecordedCase:
        runs, failure64 = {"float32": super().trace(pair, config, task)}, ""
        try:
            runs["float64"] = super().trace(pair, config, task, "float64")
        except SideFailedError as error:
            failure64 = str(error)
        errors: dict[str, float] | None = None
        if failure64 or not _rounds(pair, runs["float32"]):
            errors = {}
        elif self._neighbours:
            errors = super().errors(pair, config, task)
        path = self._folder / self._file(pair, config)
        traces.save(path, runs)
        return RecordedCase(
            layer=pair.layer,
            config=config.name,
            framework=pair.reference.framework,
            file=path.name,
            bytes=path.stat().st_size,
            sha256=digest.of_file(path),
            options=digest.of_options(config.options),
            inputs=digest.of_arrays(task.inputs),
            weights=digest.of_weights(task.weights),
            differentiate=task.differentiate,
            failure64=failure64,
            reference_errors=errors,
        )

    def _file(self, pair: Pair, config: Configuration) -> str:
        """A plain name: a layer's own may hold what no file's may, or be much too long."""
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{pair.layer}.{config.name}")[:80]
        return f"{len(self.cases):04d}.{plain}.safetensors"


def _rounds(pair: Pair, trace: Trace) -> bool:
    """Whether anything in a trace is judged by the rounding that it suffers."""
    return any(
        array.dtype.kind == "f" and name not in pair.distributions
        for name, array in trace.named().items()
    )


class _CannotRecord(ParityError):
    """A case that cannot be recorded, named once."""
