"""Recorder that runs a port's reference and writes its runs."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from parity.checking.case_runs import LiveReference
from parity.checking.checker import Checker
from parity.checking.perturbed_runs import PERTURBED_RUNS
from parity.declaring.inputs import InputSet
from parity.declaring.interpreters import framework_here
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.registry import source_file
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, SideFailedError, UnavailableError
from parity.record import digest, provenance, recording, traces
from parity.record.recording import RecordedCase, Recording
from parity.record.request import RecordRequest, reference_runs

OnCase = Callable[[RecordedCase, float], None]
"""Called after each case, with the seconds that it took."""


def record(
    port: Port,
    inputs: InputSet,
    request: RecordRequest,
    folder: Path,
    target: Path,
    on_case: OnCase = lambda case, seconds: None,
) -> Recording:
    """Record the requested cases into an empty folder, which will be renamed to `target`.

    Raises ParityError, naming the case, if one cannot be run in float32.
    """
    recorder = _Recorder(port, inputs, request, folder, on_case)
    for pair, config in reference_runs(recorder.checker):
        recorder.record_once(pair, config)
    made = Recording(
        folder,
        provenance.collect(
            port.name,
            source_file(request.port),
            request.command(target),
            recorder.versions_here(),
            PERTURBED_RUNS if request.sample_rounding else 0,
        ),
        request.selection.seed,
        request.selection.gradients,
        inputs.title,
        digest.of_arrays(inputs.arrays),
        recorder.cases,
    )
    recording.write(made)
    return made


class _Recorder(LiveReference):
    """Reference that writes each case it runs to a file, and that its own checker uses.

    Where that checker needs the whole model's intermediates to feed a layer, the whole model is
    recorded first, and its recorded intermediates are returned.
    """

    def __init__(
        self, port: Port, inputs: InputSet, request: RecordRequest, folder: Path, on_case: OnCase
    ) -> None:
        self.checker = Checker(port, inputs, request.selection, self)
        self.cases: dict[tuple[str, str], RecordedCase] = {}
        self._folder, self._on_case = folder, on_case
        self._sample_rounding = request.sample_rounding

    @property
    def frameworks(self) -> set[str]:
        """Return the frameworks of the references that were recorded."""
        return {self.checker.port.pair(layer).reference.framework for layer, _ in self.cases}

    def versions_here(self) -> dict[str, str]:
        """Return the versions of the references' frameworks, as if all of them ran here."""
        found = {framework_here(n): v for n, v in self.versions(self.frameworks).items()}
        return {name: version.removeprefix(f"{name} ") for name, version in found.items()}

    def record_once(self, pair: Pair, config: Configuration) -> RecordedCase:
        """Record a case unless it is recorded already.

        Raises ParityError, naming the case, if it cannot be run in float32.
        """
        key = pair.layer, config.name
        if key not in self.cases:
            try:
                # Making the task may record the whole model first.
                task = self.checker.task(pair, config)
                started = time.monotonic()
                self.cases[key] = self._record(pair, config, task)
            except (UnavailableError, _CannotRecordError):
                raise
            except ParityError as error:
                raise _CannotRecordError(
                    f"{pair.layer}, {config.name} cannot be recorded: {error}; "
                    "exclude it with --layer and --config, or fix it"
                ) from error
            self._on_case(self.cases[key], time.monotonic() - started)
        return self.cases[key]

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Return the recorded run, without gradients; record it first if it is not recorded yet."""
        case = self.record_once(pair, config)
        return traces.load(self._folder / case.file, dtype, gradients=False)

    def _record(self, pair: Pair, config: Configuration, task: Task) -> RecordedCase:
        runs, failure64 = {"float32": super().trace(pair, config, task)}, ""
        try:
            runs["float64"] = super().trace(pair, config, task, "float64")
        except SideFailedError as error:
            failure64 = str(error)
        errors: dict[str, float] | None = None
        if failure64 or not _has_rounding(pair, runs["float32"]):
            errors = {}
        elif self._sample_rounding:
            errors = super().errors(pair, config, task)
        # A layer's name may be too long for a file's, or hold characters that a file's may not.
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{pair.layer}.{config.name}")[:80]
        path = self._folder / f"{len(self.cases):04d}.{plain}.safetensors"
        traces.save(path, runs)
        return RecordedCase(
            layer=pair.layer,
            config=config.name,
            framework=framework_here(pair.reference.framework),
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


def _has_rounding(pair: Pair, trace: Trace) -> bool:
    """Return True if anything in a trace is judged by its rounding error."""
    return any(
        array.dtype.kind == "f" and name not in pair.distributions
        for name, array in trace.named().items()
    )


class _CannotRecordError(ParityError):
    """Case that cannot be recorded; the message already names it."""
