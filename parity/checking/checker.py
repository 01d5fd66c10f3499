"""Runs the cases of a port and has them judged: four runs a case, isolated and in cascade."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parity.arrays import Arrays
from parity.checking.case_verdict import judge_asking_again
from parity.checking.detail import Detail, gather
from parity.checking.execution import FourRuns, run_four
from parity.checking.reference import LiveReference, Reference
from parity.checking.selection import Selection, select
from parity.declaring.frameworks import runner
from parity.declaring.inputs import InputSet, draw_weights
from parity.declaring.port import Configuration, Given, Pair, Port
from parity.declaring.trace import Task, Trace
from parity.errors import (
    ParityError,
    StaleError,
    StructureError,
    UnavailableError,
    describe,
)
from parity.judging.verdict import CrossCheck, OutputResult, Verdict, worst
from parity.runners.side import run_side


@dataclass(frozen=True)
class CaseResult:
    """One pair under one configuration, in one mode, on one input.

    `seconds` is how long it took; what several cases share counts for the first that needs it.
    `details` are of the outputs that tell the most, by name; empty unless asked for.
    """

    layer: str
    config: str
    mode: str
    input: str
    verdict: Verdict
    outputs: tuple[OutputResult, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    details: Mapping[str, Detail] = field(default_factory=dict)
    cross_checks: tuple[CrossCheck, ...] = ()


Ask = Callable[[Pair, Configuration, Task, FourRuns], tuple[CrossCheck, ...]]


class Checker:
    """Checks one port on one set of inputs; whole-model runs are kept and shared by its cases.

    The reference is run, unless a recording of it is given.
    """

    def __init__(
        self,
        port: Port,
        inputs: InputSet,
        selection: Selection,
        reference: Reference | None = None,
    ) -> None:
        self.port, self.inputs, self.selection = port, inputs, selection
        self.reference = reference or LiveReference()
        # Who else is asked about an isolated case; what they say never changes its verdict.
        self.ask: Ask | None = None
        self._wholes: dict[str, FourRuns] = {}
        self._intermediates: dict[str, Arrays] = {}

    def versions(self) -> dict[str, str]:
        """The version of every framework that the port's sides name."""
        found = self.reference.versions({pair.reference.framework for pair in self.port.pairs})
        found |= {
            name: runner(name).version()
            for name in {pair.candidate.framework for pair in self.port.pairs}
        }
        return dict(sorted(found.items()))

    def cases(self) -> list[tuple[Pair, Configuration, tuple[str, ...]]]:
        """Every pair and configuration to check, with the modes in which it is seen.

        Raises ParityError if there is none.
        """
        found = [
            (pair, config, modes)
            for pair, config in select(self.port, self.selection)
            if (modes := tuple(m for m in self.selection.modes if self._in_mode(pair, config, m)))
        ]
        if not found:
            raise ParityError(
                f"nothing of what was named is seen in mode {' or '.join(self.selection.modes)}; "
                "a layer with no intermediate in the whole model can be checked isolated alone"
            )
        return found

    def _in_mode(self, pair: Pair, config: Configuration, mode: str) -> bool:
        if mode == "isolated":
            return True
        return bool(pair.intermediates) and self._whole_config(config.name) is not None

    def _whole_config(self, name: str) -> Configuration | None:
        if self.port.whole is None:
            return None
        configs = self.port.pair(self.port.whole).configs
        return next((config for config in configs if config.name == name), None)

    def whole_of(self, config: Configuration) -> Configuration:
        """The whole model's configuration of the same name; ParityError if there is none."""
        whole = self._whole_config(config.name)
        if whole is None:
            raise ParityError(
                f"no whole-model configuration '{config.name}' to take intermediates from"
            )
        return whole

    def run(self, pair: Pair, config: Configuration, mode: str) -> CaseResult:
        """Check one case. A side that cannot be run gives `not compared`, never an exception."""
        started = time.monotonic()
        result = self._run(pair, config, mode)
        return replace(result, seconds=time.monotonic() - started)

    def _run(self, pair: Pair, config: Configuration, mode: str) -> CaseResult:
        given = self.inputs.take(config.records).title
        blank = CaseResult(pair.layer, config.name, mode, given, Verdict.NOT_COMPARED)
        try:
            if mode == "isolated":
                runs = self.runs(pair, config)
            else:
                runs = self._whole(self.whole_of(config)).narrowed(pair)
            outputs, notes = judge_asking_again(pair, runs)
            details = self._details(pair, mode, runs, outputs)
            # In a cascade gradients are the whole model's, and are judged there.
            if mode == "isolated" and self._lacks_gradients(pair, runs):
                notes.append("no gradients: nothing here can be differentiated, or all are zero")
            cross_checks: tuple[CrossCheck, ...] = ()
            if mode == "isolated" and self.ask:
                cross_checks = self.ask(pair, config, self.task(pair, config), runs)
        except (UnavailableError, StaleError):
            raise
        except StructureError as error:
            return replace(blank, verdict=Verdict.STRUCTURE, notes=(str(error),))
        except ParityError as error:
            return replace(blank, notes=(str(error),))
        verdict = worst(output.verdict for output in outputs)
        return replace(
            blank,
            verdict=verdict,
            outputs=tuple(outputs),
            notes=tuple(notes),
            details=details,
            cross_checks=cross_checks,
        )

    def _details(
        self, pair: Pair, mode: str, runs: FourRuns, outputs: Sequence[OutputResult]
    ) -> dict[str, Detail]:
        passes = all(output.verdict.passes for output in outputs)
        # What passes in a cascade is a part of the whole model's run, which has a case of its own.
        if not self.selection.details or (passes and mode == "cascade"):
            return {}
        whole = self.port.pair(self.port.whole).axes if self.port.whole else {}
        # Samples are not compared element by element, so no element of theirs is at fault.
        values = [output for output in outputs if output.name not in pair.distributions]
        return gather(runs, values, {**whole, **pair.axes})

    def traces(self, pair: Pair, config: Configuration) -> tuple[Trace, Trace]:
        """The float32 traces of both sides, the layer fed the reference's own inputs.

        Raises ParityError if a side cannot be run.
        """
        task = self.task(pair, config)
        return self.reference.trace(pair, config, task), run_side(pair, "candidate", task)

    def _lacks_gradients(self, pair: Pair, runs: FourRuns) -> bool:
        """Whether gradients were asked for, and there are none but zeros."""
        return (
            self.selection.gradients
            and pair.differentiate != ()
            and not any(np.any(gradient) for gradient in runs.reference32.gradients.values())
        )

    def runs(self, pair: Pair, config: Configuration) -> FourRuns:
        """The four runs of an isolated case; of the whole model they are kept.

        Raises ParityError if a side cannot be run.
        """
        if pair.layer == self.port.whole:
            return self._whole(config)
        return run_four(pair, config, self.task(pair, config), self.reference)

    def task(self, pair: Pair, config: Configuration) -> Task:
        """Return the inputs and weights that an isolated case runs on.

        Raises ParityError if the declaration fails.
        """
        given = Given(
            self.inputs.take(config.records),
            config,
            self.selection.seed,
            lambda: self._reference_intermediates(config),
        )
        try:
            inputs, weight_map = pair.inputs(given), pair.weights(config.options)
            weights = draw_weights(weight_map, self.selection.seed)
        except ParityError:
            raise
        except Exception as error:
            # The declaration is the user's own code: what it raises is shown in one line.
            raise ParityError(
                f"the declaration of {pair.layer} failed: {describe(error)}"
            ) from error
        return Task(
            options=config.options,
            inputs=inputs,
            weights=weights,
            weight_map=weight_map,
            differentiate=pair.differentiate if self.selection.gradients else (),
            seed=self.selection.seed,
        )

    def _whole(self, config: Configuration) -> FourRuns:
        if config.name not in self._wholes:
            pair = self.port.pair(self.port.whole or "")
            task = self.task(pair, config)
            self._wholes[config.name] = run_four(pair, config, task, self.reference)
        return self._wholes[config.name]

    def _reference_intermediates(self, config: Configuration) -> Arrays:
        """Return the float32 intermediates of the whole reference in this configuration."""
        whole = self.whole_of(config)
        if whole.name in self._wholes:
            return self._wholes[whole.name].reference32.outputs
        if whole.name not in self._intermediates:
            pair = self.port.pair(self.port.whole or "")
            task = replace(self.task(pair, whole), differentiate=())
            self._intermediates[whole.name] = self.reference.trace(pair, whole, task).outputs
        return self._intermediates[whole.name]


def exit_code(results: Sequence[CaseResult]) -> int:
    """0 if every case passes, 1 for a mismatch, 2 if something (or everything) was not compared."""
    if any(result.verdict.mismatch for result in results):
        return 1
    return 0 if results and all(result.verdict.passes for result in results) else 2
