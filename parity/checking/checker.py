"""Checker of a port: four runs and a verdict for each case, isolated and in cascade."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from parity.arrays import Arrays
from parity.checking.case_result import CaseResult
from parity.checking.case_runs import CaseRuns, LiveReference, Reference, run_four
from parity.checking.detail import Detail, gather
from parity.checking.given_weights import GivenWeights
from parity.checking.independent import find_independent
from parity.checking.mask_gradients import exempt_by_declaration
from parity.checking.mute_outputs import draw_again, find_mute, is_mute
from parity.checking.once import OnceEach
from parity.checking.reruns import CaseVerdict, judge_and_rerun
from parity.checking.selection import Selection, select
from parity.checking.time_limit import time_limit
from parity.checking.weight_gradients import judge_weights_alone
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

CrossChecker = Callable[[Pair, Configuration, CaseRuns], tuple[CrossCheck, ...]]


class Checker:
    """Checker of one port on one set of inputs; its cases share the runs of the whole model.

    The reference is run, unless a recording of it is passed. Weights are drawn, unless some are
    given.
    """

    def __init__(
        self,
        port: Port,
        inputs: InputSet,
        selection: Selection,
        reference: Reference | None = None,
        weights: GivenWeights | None = None,
    ) -> None:
        self.port, self.inputs, self.selection = port, inputs, selection
        self.weights = weights
        self.reference = reference or LiveReference()
        # Applied to isolated cases; it never changes their verdicts.
        self.cross_checker: CrossChecker | None = None
        # Seconds that a case may take.
        self.timeout: float | None = None
        self._wholes = OnceEach[CaseRuns]()
        self._intermediates = OnceEach[Arrays]()
        # Configurations in which a layer alone differs, not by constants.
        self._differing: set[str] = set()
        self._latest: tuple[str, str, CaseRuns] | None = None
        # By layer and configuration, for cases of which the drawn weights show nothing.
        self._weights_instead: dict[tuple[str, str], Arrays] = {}

    def with_port(self, port: Port) -> "Checker":
        """Return a checker of another port, whose reference is the same and is not run again."""
        selection = replace(self.selection, details=False)
        again = Checker(port, self.inputs, selection, self.reference)
        again.timeout = self.timeout
        again._intermediates = self._intermediates.with_more(
            {n: runs.traces.reference32.outputs for n, runs in self._wholes.items()}
        )
        return again

    def versions(self) -> dict[str, str]:
        """Return the version of every framework that the port's sides name."""
        found = self.reference.versions({pair.reference.framework for pair in self.port.pairs})
        found |= {
            name: runner(name).version()
            for name in {pair.candidate.framework for pair in self.port.pairs}
        }
        return dict(sorted(found.items()))

    def cases(self) -> list[tuple[Pair, Configuration, tuple[str, ...]]]:
        """Return every pair and configuration to check, with its modes.

        Raises ParityError if there is none.
        """
        found = [
            (pair, config, modes)
            for pair, config in select(self.port, self.selection)
            if (modes := tuple(m for m in self.selection.modes if self._has_mode(pair, config, m)))
        ]
        if not found:
            raise ParityError(
                "none of the selected layers can be checked in mode "
                f"{' or '.join(self.selection.modes)}; "
                "a layer without intermediates in the whole model can only be checked isolated"
            )
        return found

    def _has_mode(self, pair: Pair, config: Configuration, mode: str) -> bool:
        if mode == "isolated":
            return True
        return bool(pair.intermediates) and self._whole_config(config.name) is not None

    def _whole_config(self, name: str) -> Configuration | None:
        if self.port.whole is None:
            return None
        configs = self.port.pair(self.port.whole).configs
        return next((config for config in configs if config.name == name), None)

    def whole_of(self, config: Configuration) -> Configuration:
        """Return the whole model's configuration of the same name.

        Raises ParityError if there is none.
        """
        whole = self._whole_config(config.name)
        if whole is None:
            raise ParityError(
                f"no whole-model configuration '{config.name}' to take intermediates from"
            )
        return whole

    def run(self, pair: Pair, config: Configuration, mode: str) -> CaseResult:
        """Check one case; if a side cannot be run, the verdict is `not compared`."""
        started = time.monotonic()
        title = self.inputs.take(config.records).title
        result = CaseResult(pair.layer, config.name, mode, title, Verdict.NOT_COMPARED)
        try:
            with time_limit(self.timeout):
                result = self._judged(pair, config, mode, result)
        except (UnavailableError, StaleError):
            raise
        except StructureError as error:
            result = replace(result, verdict=Verdict.STRUCTURE, notes=(str(error),))
        except ParityError as error:
            result = replace(result, notes=(str(error),))
        return replace(result, seconds=time.monotonic() - started)

    def _judged(
        self, pair: Pair, config: Configuration, mode: str, result: CaseResult
    ) -> CaseResult:
        runs = self.runs(pair, config, mode)
        whole = mode == "cascade" or pair.layer == self.port.whole
        if whole and config.name in self._differing:
            runs = replace(runs, differing_inside=True)
        judged = judge_and_rerun(pair, runs)
        if not whole and any(o.verdict is Verdict.DIFFERENT for o in judged.outputs):
            self._differing.add(config.name)
        if mode == "isolated" and all(o.verdict.passes for o in judged.outputs):
            runs, judged = self._drawn_again(pair, config, runs, judged)
        outputs, notes = judged.outputs, judged.notes
        if mode == "isolated":
            self._latest = (pair.layer, config.name, runs)
            outputs = [*outputs, *judge_weights_alone(pair, runs)]
            outputs += exempt_by_declaration(pair, runs)
        if mode == "isolated" and self._lacks_gradients(pair, runs):
            notes.append("no gradients: nothing is differentiable, or all gradients are zero")
        result = replace(
            result,
            verdict=worst(output.verdict for output in outputs),
            outputs=tuple(outputs),
            notes=tuple(notes),
            details=self.details(pair, mode, judged.runs, outputs),
            constants=judged.constants,
            held=judged.runs.held,
            independent=find_independent(pair, runs, outputs) if mode == "isolated" else (),
            float32=judged.float32,
            untrained=runs.traces.reference32.untrained,
        )
        if mode == "isolated" and self.cross_checker:
            result = replace(result, cross_checks=self.cross_checker(pair, config, runs))
        return result

    def _drawn_again(
        self, pair: Pair, config: Configuration, runs: CaseRuns, judged: CaseVerdict
    ) -> tuple[CaseRuns, CaseVerdict]:
        """Return the runs on other weights where these leave an output mute, and their verdicts."""
        mute = find_mute(pair, runs.traces.reference32)
        if not mute:
            return runs, judged
        drawn = self.weights is None
        other = draw_again(pair, config, runs.task, self.reference, len(mute)) if drawn else None
        if other is not None:
            self._weights_instead[pair.layer, config.name] = other.weights
            runs = run_four(pair, config, other, self.reference)
            judged = judge_and_rerun(pair, runs)
        elif is_mute(pair, runs.traces.reference32):
            judged.notes.append(
                f"{mute[0]} has one value throughout, so nothing is shown of how it is computed"
            )
        return runs, judged

    def evaluated(self, pair: Pair, config: Configuration) -> dict[str, Trace] | None:
        """Return the float32 runs of both sides in evaluation, if they were just made."""
        if self._latest is None or self._latest[:2] != (pair.layer, config.name):
            return None
        traces = self._latest[2].traces
        return {"reference": traces.reference32, "candidate": traces.candidate32}

    def runs(self, pair: Pair, config: Configuration, mode: str = "isolated") -> CaseRuns:
        """Return the runs of a case; those of the whole model are cached.

        Raises ParityError if a side cannot be run.
        """
        if mode == "cascade":
            whole = self.port.pair(self.port.whole or "")
            return self.runs(whole, self.whole_of(config)).narrowed(pair)
        if pair.layer != self.port.whole:
            return run_four(pair, config, self.task(pair, config), self.reference)
        return self._wholes.get(
            config.name, lambda: run_four(pair, config, self.task(pair, config), self.reference)
        )

    def _lacks_gradients(self, pair: Pair, runs: CaseRuns) -> bool:
        """Return whether gradients were selected, and all of them are zero or missing.

        Always false in a cascade, whose gradients are the whole model's.
        """
        return (
            self.selection.gradients
            and pair.differentiate != ()
            and not any(np.any(array) for array in runs.traces.reference32.gradients.values())
        )

    def details(
        self, pair: Pair, mode: str, runs: CaseRuns, outputs: Sequence[OutputResult]
    ) -> dict[str, Detail]:
        """Return the most informative outputs, if they were selected."""
        passes = all(output.verdict.passes for output in outputs)
        # A passing cascade is part of the whole model's run, which is a case of its own.
        if not self.selection.details or (passes and mode == "cascade"):
            return {}
        whole = self.port.pair(self.port.whole).axes if self.port.whole else {}
        # Random samples are not compared element by element, so no single element is wrong.
        known = runs.traces.reference32.named().keys() - set(pair.distributions)
        values = [output for output in outputs if output.name in known]
        return gather(runs.traces, values, {**whole, **pair.axes})

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
            instead = self._weights_instead.get((pair.layer, config.name))
            if instead is not None:
                weights = instead
            elif self.weights is None:
                weights = draw_weights(weight_map, self.selection.seed)
            else:
                weights = self.weights.of(pair, config, weight_map)
        except ParityError:
            raise
        except Exception as error:
            # The declaration is the user's own code: its errors are shown in one line.
            raise ParityError(
                f"the declaration of {pair.layer} failed: {describe(error)}"
            ) from error
        unknown = [name for name in pair.exempt_gradients if name not in inputs]
        if unknown:
            raise ParityError(
                f"pair {pair.layer}: exempt_gradients names '{unknown[0]}', which is not an input; "
                f"inputs: {', '.join(inputs)}"
            )
        return Task(
            options=config.options,
            inputs=inputs,
            weights=weights,
            weight_map=weight_map,
            differentiate=pair.differentiate if self.selection.gradients else (),
            seed=self.selection.seed,
            constant=tuple(pair.exempt_gradients),
        )

    def _reference_intermediates(self, config: Configuration) -> Arrays:
        """Return the float32 intermediates of the whole reference in this configuration."""
        whole = self.whole_of(config)
        if whole.name in self._wholes:
            return self._wholes[whole.name].traces.reference32.outputs

        def run() -> Arrays:
            pair = self.port.pair(self.port.whole or "")
            task = replace(self.task(pair, whole), differentiate=())
            return self.reference.trace(pair, whole, task).outputs

        return self._intermediates.get(whole.name, run)
