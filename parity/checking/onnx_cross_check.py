"""ONNX cross-check: a side exported to ONNX and run in onnxruntime, compared to the reference.

It never overrules the two frameworks. Exporters have bugs of their own: where the cross-check alone
differs, suspect the exporter or onnxruntime.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from parity.checking.case_runs import NO_FLOAT64, CaseRuns
from parity.checking.case_verdict import judge
from parity.declaring.frameworks import EXPORTED, exporter, onnx_runtime
from parity.declaring.port import Configuration, Pair, Port, Side
from parity.declaring.trace import Task, Trace
from parity.errors import NotExportedError, ParityError, UnavailableError, describe
from parity.files import save
from parity.judging.verdict import CrossCheck, Verdict, worst


@dataclass(frozen=True)
class OnnxCrossChecker:
    """Cross-checker of the sides in `roles`; float32 files are kept in `folder` if there is one."""

    roles: tuple[str, ...]
    folder: Path | None = None

    def versions(self, port: Port) -> dict[str, str]:
        """Return the versions of onnxruntime and of each exporter that the port needs.

        Raises UnavailableError if one is not installed.
        """
        sides = {getattr(pair, role).framework for pair in port.pairs for role in self.roles}
        found = {name: exporter(name).version() for name in EXPORTED if name in sides}
        named = {f"onnx from {name}": version for name, version in found.items()}
        return {**named, "onnxruntime": onnx_runtime().version()}

    def __call__(self, pair: Pair, config: Configuration, runs: CaseRuns) -> tuple[CrossCheck, ...]:
        """Cross-check each role of a case, given the case's own runs."""
        return tuple(self._check(pair, config, runs, role) for role in self.roles)

    def _check(self, pair: Pair, config: Configuration, runs: CaseRuns, role: str) -> CrossCheck:
        side: Side = getattr(pair, role)
        blank = CrossCheck(role, side.framework, None, exempt=pair.no_onnx)
        if pair.no_onnx:
            return blank
        if empty := [name for name, array in runs.task.inputs.items() if array.size == 0]:
            reason = f"input {empty[0]} is empty, and onnxruntime may kill the process on it"
            return replace(blank, verdict=Verdict.NOT_COMPARED, notes=(reason,))
        kept = None
        if self.folder:
            name = f"{pair.layer}.{config.name}.{side.framework}.onnx".replace(os.sep, "_")
            kept = self.folder / name
        try:
            single, note = _run_exported(side, role, runs.task, "float32", kept)
        except UnavailableError:
            raise
        except NotExportedError as error:
            return replace(blank, notes=(str(error),))
        except ParityError as error:
            return replace(blank, verdict=Verdict.NOT_COMPARED, notes=(str(error),))
        notes, double = [note] * bool(note), None
        try:
            double, _ = _run_exported(side, role, runs.task, "float64", None)
        except ParityError as error:
            notes.append(f"{NO_FLOAT64}: {error}")
        without_gradients = runs.traces.map(lambda trace: replace(trace, gradients={}))
        exported = replace(runs, traces=without_gradients, notes=tuple(notes))
        outputs, notes = judge(pair, exported.with_candidate(single, double))
        verdict = worst(output.verdict for output in outputs)
        return replace(blank, verdict=verdict, outputs=tuple(outputs), notes=tuple(notes))


def _run_exported(
    side: Side, role: str, task: Task, dtype: str, kept: Path | None
) -> tuple[Trace, str]:
    """Export a side and run it; return the trace, and what the export could not preserve.

    The side's own `before` and `after` apply to its export too.
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
    return Trace("onnxruntime", onnx_runtime().version(), dtype, outputs), exported.note
