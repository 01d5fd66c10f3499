"""Runs the cases of a port and judges them: four runs a case, isolated and in cascade."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

import numpy as np

from parity import oracle
from parity.compare import Runs, compare
from parity.detail import Detail, gather
from parity.elementwise import crossing
from parity.errors import (
    DeclarationError,
    ParityError,
    StaleError,
    StructureError,
    UnavailableError,
    UnsampledError,
    describe,
    unknown,
)
from parity.execute import NEIGHBOURS, FourRuns, run_four, run_side
from parity.inputs import draw_weights
from parity.port import Arrays, Configuration, Given, InputSet, Pair, Port
from parity.reference import LiveReference, Reference
from parity.repeat import unsteady
from parity.runners import runner
from parity.trace import Task, Trace
from parity.verdict import Opinion, OutputResult, Verdict, worst

MODES = ("isolated", "cascade")


@dataclass(frozen=True)
class Selection:
    """What the user asked to be checked; empty tuples mean everything.

    With `details`, where the errors are is kept too, for pictures.
    """

    layers: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    modes: tuple[str, ...] = MODES
    gradients: bool = False
    seed: int = 1
    details: bool = False


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
    opinions: tuple[Opinion, ...] = ()


Ask = Callable[[Pair, Configuration, Task, FourRuns], tuple[Opinion, ...]]


def select(port: Port, selection: Selection) -> list[tuple[Pair, Configuration]]:
    """The pairs and configurations that a selection names, in the port's order.

    Configurations may be named with wildcards. Raises ParityError, with the near names, for a layer
    or a configuration that does not exist, and for a layer named that has none of those named.
    """
    pairs = [port.pair(layer) for layer in selection.layers] or list(port.pairs)
    pairs = [pair for pair in port.pairs if pair in pairs]
    known = list(dict.fromkeys(config.name for pair in pairs for config in pair.configs))
    for pattern in selection.configs:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise unknown("configuration", pattern, known)
    chosen = [
        (pair, config)
        for pair in pairs
        for config in pair.configs
        if not selection.configs or any(fnmatchcase(config.name, p) for p in selection.configs)
    ]
    for layer in selection.layers:
        if not any(pair.layer == layer for pair, _ in chosen):
            wanted = " or ".join(selection.configs)
            own = ", ".join(config.name for config in port.pair(layer).configs)
            raise ParityError(f"layer '{layer}' has no configuration {wanted}; it has {own}")
    return chosen


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
        self._stages: dict[str, Arrays] = {}

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
                "a layer with no stage in the whole model can be checked isolated alone"
            )
        return found

    def _in_mode(self, pair: Pair, config: Configuration, mode: str) -> bool:
        if mode == "isolated":
            return True
        return bool(pair.stages) and self._whole_config(config.name) is not None

    def _whole_config(self, name: str) -> Configuration | None:
        if self.port.whole is None:
            return None
        configs = self.port.pair(self.port.whole).configs
        return next((config for config in configs if config.name == name), None)

    def whole_of(self, config: Configuration) -> Configuration:
        """The whole model's configuration of the same name; ParityError if there is none."""
        whole = self._whole_config(config.name)
        if whole is None:
            raise ParityError(f"no whole-model configuration '{config.name}' to take stages from")
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
            outputs, notes = self._judged(pair, runs)
            details = self._details(pair, mode, runs, outputs)
            # In a cascade gradients are the whole model's, and are judged there.
            if mode == "isolated" and self._lacks_gradients(pair, runs):
                notes.append("no gradients: nothing here can be differentiated, or all are zero")
            opinions: tuple[Opinion, ...] = ()
            if mode == "isolated" and self.ask:
                opinions = self.ask(pair, config, self.task(pair, config), runs)
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
            opinions=opinions,
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

    def _judged(self, pair: Pair, runs: FourRuns) -> tuple[list[OutputResult], list[str]]:
        """The outputs' verdicts and all notes; of what differs, whether it differs from itself."""
        outputs, notes = judge(pair, runs)
        notes += [
            f"the {role} changes its input {name} in place"
            for role, trace in (("reference", runs.reference32), ("candidate", runs.candidate32))
            for name in trace.changed
        ]
        differing = (Verdict.DIFFERENT, Verdict.IMPRECISE)
        if not any(output.verdict in differing for output in outputs):
            return outputs, notes
        if said := unsteady(runs, "reference", pair.distributions):
            unjudged = [
                replace(output, verdict=Verdict.NOT_COMPARED, reason="the reference is random here")
                if output.verdict in differing
                else output
                for output in outputs
            ]
            return unjudged, [*notes, said]
        said = unsteady(runs, "candidate", pair.distributions)
        return outputs, [*notes, said] if said else notes

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
        """What an isolated case runs: inputs made from the reference's own stages, and weights.

        Raises ParityError if the declaration fails.
        """
        given = Given(
            self.inputs.take(config.records),
            config,
            self.selection.seed,
            lambda: self._reference_stages(config),
        )
        try:
            inputs, weight_map = pair.inputs(given), pair.weights(config.options)
            weights = draw_weights(weight_map, self.selection.seed)
        except ParityError:
            raise
        except Exception as error:
            # The declaration is the user's own code: what it raises is shown in one line.
            raise DeclarationError(
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

    def _reference_stages(self, config: Configuration) -> Arrays:
        """The reference's float32 stages under the whole model's configuration of the same name."""
        whole = self.whole_of(config)
        if whole.name in self._wholes:
            return self._wholes[whole.name].reference32.outputs
        if whole.name not in self._stages:
            pair = self.port.pair(self.port.whole or "")
            task = replace(self.task(pair, whole), differentiate=())
            self._stages[whole.name] = self.reference.trace(pair, whole, task).outputs
        return self._stages[whole.name]


def judge(pair: Pair, runs: FourRuns) -> tuple[list[OutputResult], list[str]]:
    """The outputs' verdicts, and what is to be said of the case as a whole."""
    # A copy: the whole model's runs serve many cases, and what is said of one is not of all.
    notes = list(runs.notes)
    given = Runs(
        runs.reference32.named(),
        runs.candidate32.named(),
        runs.reference64.named() if runs.reference64 else None,
        runs.candidate64.named() if runs.candidate64 else None,
        reduction=_longest_sum(runs),
        samples=pair.distributions,
        held_as=(runs.reference32.held_as, runs.candidate32.held_as),
        magnitude=runs.magnitude,
    )
    outputs = compare(given)
    # What follows takes many runs, and is done only where it may change a verdict.
    try:
        if any(_may_be_luck(output) for output in outputs):
            given = replace(given, reference_errors=runs.sample_errors())
            outputs = compare(given)
            notes.append(f"the reference's rounding was sampled on {NEIGHBOURS} neighbours")
        if any(_is_imprecise_gradient(output) for output in outputs) and (by := _crossed(given)):
            known, jumps = given.reference_errors, runs.sample_jumps(2 * by)
            largest = {name: max(known.get(name, 0.0), jump) for name, jump in jumps.items()}
            outputs = compare(replace(given, reference_errors={**known, **largest}))
            notes.append(f"in float32 values of {by:.1g} stand across a kink; gradients may jump")
    except UnsampledError as error:
        return [_undecided(output) for output in outputs], [*notes, str(error)]
    return outputs, notes


def _undecided(output: OutputResult) -> OutputResult:
    """What counts only if the reference's one known error was not a lucky one."""
    if not _may_be_luck(output):
        return output
    reason = f"{output.verdict}, unless the reference had luck: {output.reason}"
    return replace(output, verdict=Verdict.NOT_COMPARED, reason=reason)


def _may_be_luck(output: OutputResult) -> bool:
    """Whether an output may fail only because the reference's own error is a lucky one."""
    if output.verdict.passes or output.max_abs_err_64 is None:
        return False
    if output.verdict is not Verdict.DIFFERENT:
        return True
    assert output.scale is not None
    assert output.ref_err is not None
    return oracle.may_be_luck(output.scale, output.ref_err, output.max_abs_err_64)


def _is_imprecise_gradient(output: OutputResult) -> bool:
    return output.verdict is Verdict.IMPRECISE and output.name.startswith("grad/")


def _crossed(given: Runs) -> float:
    """How far from 0 the candidate's float32 outputs stand on the other side than they should."""
    return max(
        (
            crossing(given.candidate32[name], array)
            for name, array in (given.reference64 or {}).items()
            if not name.startswith("grad/") and array.dtype.kind == "f"
        ),
        default=0.0,
    )


def _longest_sum(runs: FourRuns) -> int:
    """The longest sum to expect: over a weight's inputs, or over what one record holds."""
    kernels = [shape for shape in runs.reference32.parameter_shapes.values() if len(shape) > 1]
    shapes = kernels or [array.shape[1:] for array in runs.reference32.outputs.values()]
    return max((dim for shape in shapes for dim in shape), default=1)


def exit_code(results: Sequence[CaseResult]) -> int:
    """0 if every case passes, 1 for a mismatch, 2 if something (or everything) was not compared."""
    if any(result.verdict.mismatch for result in results):
        return 1
    return 0 if results and all(result.verdict.passes for result in results) else 2
