"""Where a mismatch first arises, and which known mistake explains it, with the evidence.

All in float64: a mistake explains a mismatch if, supposing it, what is left of the difference is
rounding. Every known mistake is tried by itself; if none explains all, those that explain something
are tried in pairs. Nothing is said to be the cause that leaves more than rounding, and nothing is
called certain where two mistakes explain the same.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from parity import oracle, patterns
from parity.check import Checker
from parity.elementwise import largest_gap, magnitude, relative_gap
from parity.errors import ParityError
from parity.execute import run_side
from parity.port import Arrays, Configuration, Options, Pair, Port
from parity.reference_runs import ReferenceRuns
from parity.trace import Task
from parity.traps.catalogue import possible
from parity.traps.mistake import Mistake, supposed

# How many of the mistakes that explain something are tried in pairs, and for how long.
PAIRED = 24
PAIRED_SECONDS = 60.0
# Constants kept as float32 leave this much of the scale, a few ulp.
HALF_PRECISION = 4 * oracle.EPS32


@dataclass(frozen=True)
class Suspect:
    """One mistake, or two together, and the largest error that is left when they are supposed.

    The error is that of the float64 runs, relative to the scale of each output.
    """

    mistakes: tuple[Mistake, ...]
    after: float

    @property
    def name(self) -> str:
        """The mistakes in words."""
        return " and ".join(mistake.name for mistake in self.mistakes)


@dataclass(frozen=True)
class Diagnosis:
    """What was found out about one failing case.

    Args:
        layer: the pair.
        config: the configuration.
        stage: the first output, in the reference's order, that differs.
        agreeing: the outputs before it.
        before: the largest error of the float64 runs, relative to the scale of each output.
        suspects: what explains all of it, simplest first; empty if nothing does.
        tried: how many mistakes were tried.
        pattern: what the first output that differs is of the reference's, where that is simple.
    """

    layer: str
    config: str
    stage: str | None
    agreeing: tuple[str, ...]
    before: float
    suspects: tuple[Suspect, ...]
    tried: int
    pattern: str = ""

    @property
    def certain(self) -> bool:
        """Whether one thing explains it, and one alone."""
        return len(self.suspects) == 1


def diagnose(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    references: ReferenceRuns | None = None,
) -> Diagnosis:
    """Find the cause of a pair's mismatch on a task.

    Args:
        port: the port, for its own mistakes.
        pair: the pair that fails.
        config: under this configuration.
        task: what an isolated case of it runs (`Checker.task`).
        references: where runs of this pair's reference on this task are kept, if others follow.

    Raises:
        ParityError: the reference does not run in float64, which all of this rests on.
    """
    inquiry = _Inquiry(pair, task, references or ReferenceRuns())
    known = [
        mistake
        for mistake in possible(
            port, inquiry.runnable, config, inquiry.task, inquiry.reference, thorough=True
        )
        if mistake.recognisable
    ]
    before = inquiry.errors(inquiry.reference, inquiry.candidate)
    found = inquiry.try_all([(mistake,) for mistake in known], before)
    names = list(before)
    stage = next((name for name in names if not inquiry.rounding(name, before[name])), None)
    agreeing = tuple(names[: names.index(stage)]) if stage else tuple(names)
    return Diagnosis(
        pair.layer,
        config.name,
        stage,
        agreeing,
        max(before.values(), default=0.0),
        found,
        len(known),
        inquiry.pattern(stage) if stage and not found else "",
    )


def diagnose_case(checker: Checker, pair: Pair, config: Configuration) -> Diagnosis:
    """`diagnose` for a case of a check."""
    return diagnose(checker.port, pair, config, checker.task(pair, config))


class _Inquiry:
    """The runs that all suppositions of one case are held to."""

    def __init__(self, pair: Pair, task: Task, references: ReferenceRuns) -> None:
        self.pair, self._references = pair, references
        values = replace(task, differentiate=())
        self.task, self.gradients = values, False
        self.reference = references.get(pair, values) or {}
        self.candidate = self._candidate(pair)
        self._single = run_side(pair, "reference", values).named()
        agree = all(
            self.rounding(name, error)
            for name, error in self.errors(self.reference, self.candidate).items()
        )
        if agree and task.differentiate != ():
            self.task, self.gradients = task, True
            self.reference = references.get(pair, task) or {}
            self.candidate = self._candidate(pair)
            self._single = run_side(pair, "reference", task).named()

    @property
    def runnable(self) -> Pair:
        """The pair; if its candidate raises, the reference on both sides."""
        return self.pair if self.candidate else replace(self.pair, candidate=self.pair.reference)

    def _candidate(self, pair: Pair) -> Arrays:
        """The candidate's float64 outputs; none if it raises."""
        try:
            return run_side(pair, "candidate", self.task, "float64").named()
        except (ParityError, ValueError, KeyError):
            return {}

    def errors(self, reference: Arrays, candidate: Arrays) -> dict[str, float]:
        """The relative error of each output; infinite where its structure differs."""
        extra = [name for name in candidate if name not in reference]
        return {
            **{name: relative_gap(array, candidate.get(name)) for name, array in reference.items()},
            **dict.fromkeys(extra, np.inf),
        }

    def rounding(self, name: str, error: float) -> bool:
        """Whether a relative error is no more than float64 rounding."""
        if name not in self.reference or self.reference[name].dtype.kind != "f":
            return error == 0
        scale = magnitude(self.reference[name])
        if not scale:
            return error == 0
        single = self._single.get(name)
        own = largest_gap(single, self.reference[name]).size if single is not None else 0.0
        return error <= oracle.bounds(scale, own, own).logic / scale

    def try_all(
        self, singles: Sequence[tuple[Mistake, ...]], before: dict[str, float]
    ) -> tuple[Suspect, ...]:
        """All that explain the whole: single mistakes, or else two together."""
        tried = [(group, self._suppose(group)) for group in singles]
        left = [(group, errors) for group, errors in tried if errors is not None]
        found = self._explaining(left, before)
        if found:
            return found
        helpful = sorted(left, key=lambda item: _measure(item[1]))[:PAIRED]
        helpful = [item for item in helpful if _measure(item[1]) < _measure(before)]
        left, until = [], time.monotonic() + PAIRED_SECONDS
        for (one, _), (other, _) in combinations(helpful, 2):
            if time.monotonic() > until:
                break
            group = (*one, *other)
            errors = self._suppose(group)
            if errors is not None:
                left.append((group, errors))
        return self._explaining(left, before)

    def _explaining(
        self, tried: list[tuple[tuple[Mistake, ...], dict[str, float]]], before: dict[str, float]
    ) -> tuple[Suspect, ...]:
        whole = [
            Suspect(group, max(errors.values(), default=0.0))
            for group, errors in tried
            if all(self.rounding(name, error) for name, error in errors.items())
        ]
        if whole:
            return tuple(whole)
        worst = max(before.values(), default=0.0)
        nearly = [
            Suspect(group, after)
            for group, errors in tried
            if (after := max(errors.values(), default=0.0)) <= HALF_PRECISION
            and after < worst / 1e3
        ]
        return tuple(sorted(nearly, key=lambda suspect: suspect.after))

    def _suppose(self, group: tuple[Mistake, ...]) -> dict[str, float] | None:
        """The errors left if these mistakes are supposed; None if a side cannot run so."""
        pair = self.pair
        for mistake in group:
            pair = supposed(pair, mistake)
        outside = tuple(mistake.name for mistake in group if mistake.on_reference)
        reference: Arrays | None = self.reference
        candidate = self.candidate
        if not candidate and len(group) == 1 and group[0].options is not None:
            return {} if self._has_weights_of(group[0].options) else None
        if outside:
            reference = self._references.get(pair, self.task, outside)
        if len(outside) < len(group):
            candidate = self._candidate(pair)
        return self.errors(reference, candidate) if reference and candidate else None

    def _has_weights_of(self, options: Options) -> bool:
        """Whether the candidate holds weights as other options give them, and not as its own do."""
        try:
            built = self.pair.candidate.build(self.task.options, "float64")
            held = {key: tuple(value.shape) for key, value in built.parameters.items()}
            own, other = (_shapes(self.pair, o) for o in (self.task.options, options))
        except Exception:
            # The user's own code: what cannot be built with these options has no such weights.
            return False
        return held == other != own

    def pattern(self, stage: str) -> str:
        """What the candidate's output is of the reference's, where that is simple."""
        one, other = self.reference.get(stage), self.candidate.get(stage)
        if one is None or other is None or one.shape != other.shape:
            return ""
        scale = magnitude(one)
        return patterns.between(one, other, lambda gap: self.rounding(stage, gap / scale))


def _shapes(pair: Pair, options: Options) -> dict[str, tuple[int, ...]]:
    """The shapes of a candidate's weights under some options, by its own keys."""
    return {
        key: array.shape
        for weight in pair.weights(options)
        for key, array in zip(weight.keys, weight.forward(np.zeros(weight.shape)), strict=True)
    }


def _measure(errors: dict[str, float]) -> tuple[int, float]:
    """What sorts by how much is explained: outputs that differ, then the sum of their errors."""
    sizes: Callable[[float], float] = lambda error: min(error, 1e6)  # noqa: E731
    wrong = [sizes(error) for error in errors.values() if error > HALF_PRECISION]
    return len(wrong), sum(wrong)
