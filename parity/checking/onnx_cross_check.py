"""The ONNX cross-check: a side exported to ONNX and run in onnxruntime, against the reference.

It never outvotes the two frameworks. Exporters have mistakes of their own, so that where it alone
differs it is the exporter, or onnxruntime, that is to be suspected.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from parity.checking.case_verdict import judge
from parity.checking.execution import FourRuns
from parity.declaring.frameworks import EXPORTED, exporter, onnx_runtime
from parity.declaring.port import Configuration, Pair, Port, Side
from parity.declaring.trace import Task, Trace
from parity.errors import NotExportedError, ParityError, UnavailableError, describe
from parity.files import save
from parity.judging.verdict import CrossCheck, Verdict, worst


@dataclass(frozen=True)
class Onnx:
    """Which sides are exported, and where the float32 files are kept, if they are."""

    roles: tuple[str, ...]
    folder: Path | None = None

    def versions(self, port: Port) -> dict[str, str]:
        """The versions of onnxruntime and of each exporter that the port's sides need.

        Raises UnavailableError if one is not installed.
        """
        sides = {getattr(pair, role).framework for pair in port.pairs for role in self.roles}
        found = {name: exporter(name).version() for name in EXPORTED if name in sides}
        named = {f"onnx from {name}": version for name, version in found.items()}
        return {**named, "onnxruntime": onnx_runtime().version()}

    def ask(
        self, pair: Pair, config: Configuration, task: Task, runs: FourRuns
    ) -> tuple[CrossCheck, ...]:
        """A cross-check on each side that is to be exported; `runs` are those of the case."""
        return tuple(self._ask(pair, config, task, runs, role) for role in self.roles)

    def _ask(
        self, pair: Pair, config: Configuration, task: Task, runs: FourRuns, role: str
    ) -> CrossCheck:
        side: Side = getattr(pair, role)
        blank = CrossCheck(role, side.framework, None, exempt=pair.no_onnx)
        if pair.no_onnx:
            return blank
        if empty := [name for name, array in task.inputs.items() if array.size == 0]:
            reason = f"input {empty[0]} is empty, and onnxruntime may kill the process on it"
            return replace(blank, verdict=Verdict.NOT_COMPARED, notes=(reason,))
        try:
            single, notes = self._run(side, role, task, "float32", self._path(pair, config, side))
        except UnavailableError:
            raise
        except NotExportedError as error:
            return replace(blank, notes=(str(error),))
        except ParityError as error:
            return replace(blank, verdict=Verdict.NOT_COMPARED, notes=(str(error),))
        double = None
        try:
            double, _ = self._run(side, role, task, "float64", None)
        except ParityError as error:
            notes.append(f"no float64 run, the bound is a weaker one: {error}")
        theirs = replace(
            runs,
            reference32=replace(runs.reference32, gradients={}),
            reference64=runs.reference64 and replace(runs.reference64, gradients={}),
            candidate32=single,
            candidate64=double,
            notes=notes,
        )
        outputs, notes = judge(pair, theirs)
        verdict = worst(output.verdict for output in outputs)
        return replace(blank, verdict=verdict, outputs=tuple(outputs), notes=tuple(notes))

    def _path(self, pair: Pair, config: Configuration, side: Side) -> Path | None:
        name = f"{pair.layer}.{config.name}.{side.framework}.onnx".replace(os.sep, "_")
        return self.folder / name if self.folder else None

    def _run(
        self, side: Side, role: str, task: Task, dtype: str, kept: Path | None
    ) -> tuple[Trace, list[str]]:
        """The trace of the exported side, and what the export could not keep.

        What is changed around a side (`before`, `after`) is changed around its export too.
        """
        task = side.before(task) if side.before else task
        try:
            exported = exporter(side.framework).export(side, role, task, dtype)
            if kept:
                save(kept, exported.model)
            outputs = onnx_runtime().run(exported, task.inputs, dtype)
            outputs = side.after(outputs, task) if side.after else outputs
        except (ParityError, OSError):
            raise
        except Exception as error:
            raise ParityError(f"onnxruntime failed in {dtype}: {describe(error)}") from error
        return Trace("onnxruntime", onnx_runtime().version(), dtype, outputs), [
            exported.note
        ] * bool(exported.note)
