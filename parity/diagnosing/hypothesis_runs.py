"""Runs of one candidate and its reference on one task, under hypotheses, in float64 if they can."""

from contextlib import suppress
from dataclasses import replace
from functools import cached_property

import numpy as np

from parity.arrays import Arrays
from parity.checking.perturbed_runs import sample_moves
from parity.declaring.constants import ConstantChanges
from parity.declaring.inputs import draw_weights
from parity.declaring.known_bug import ChangedOutputs, KnownBug, PatchedCode
from parity.declaring.port import Pair
from parity.declaring.trace import Task, Trace
from parity.declaring.weight import Options
from parity.diagnosing.changed_runs import in_force
from parity.diagnosing.error_places import describe_places
from parity.diagnosing.patterns import describe_relation
from parity.diagnosing.reference_numbers import find_lacking_numbers
from parity.diagnosing.run_cache import RunCache
from parity.errors import ParityError
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude, relative_gap
from parity.known_bugs.planting import assume
from parity.runners.side import run_side

# Known bugs that the candidate is assumed to have simultaneously.
Hypothesis = tuple[KnownBug, ...]
# Relative error of each output and gradient.
Errors = dict[str, float]

# Constants stored in float32 leave an error of a few float32 ulps of an output's scale.
FLOAT32_CONSTANTS = 4 * oracle.EPS32
_GRADIENT = "grad/"


class HypothesisRuns:
    """A candidate and its reference on one task; with gradients only if the values agree.

    `errors` holds the relative error of each output without any hypothesis, and `failure` the
    candidate's own error if it raises (`candidate` is then empty). `dtype` is "float64", or
    "float32" where a side only runs in that: rounding is then what ulps of the inputs move the
    reference by.

    Args:
        pair: the pair that fails.
        task: what to run.
        cache: where runs are kept.
        variant: a name for the task among the tasks of its case.

    Raises ParityError if the reference runs in neither.
    """

    def __init__(self, pair: Pair, task: Task, cache: RunCache, variant: str = "") -> None:
        self.pair, self.variant, self._cache = pair, variant, cache
        self.failure, self.dtype = "", "float64"
        self._moves: dict[str, float] = {}
        plain = replace(task, differentiate=())
        try:
            self._run(plain)
        except ParityError:
            self._run_in_float32(plain)
        if self.failure:
            self._try_float32(plain)
        if self.agrees and task.differentiate != ():
            self._run(task)

    def _run_in_float32(self, task: Task) -> None:
        self.dtype, self.failure = "float32", ""
        self._run(task)

    def _try_float32(self, task: Task) -> None:
        """Run in float32 if the candidate raises in float64 alone."""
        failure = self.failure
        if self.dtype == "float64":
            with suppress(ParityError):
                self._run_in_float32(task)
        if not self.candidate and self.dtype == "float32":
            self.dtype, self.failure = "float64", failure
            self._run(task)

    def _run(self, task: Task) -> None:
        self.task = task
        run_reference = self._cache.run_reference
        self.reference = run_reference(self.pair, task, (), self.variant, self.dtype) or {}
        self._reference32 = run_reference(self.pair, task, (), self.variant, "float32") or {}
        self.candidate = self._run_candidate(self.pair)
        self._limits: Errors = {}
        self._moves = {}
        self.errors: Errors = {}
        self.errors = self.compare(self.reference, self.candidate)

    def _run_candidate(self, pair: Pair, changes: tuple[str, ...] = ()) -> Arrays:
        original = self.pair.candidate
        try:
            return self._cache.run_candidate(
                pair, original, self.task, changes, self.variant, self.dtype
            )
        except (ParityError, ValueError, KeyError) as error:
            self.failure = self.failure or str(error)
            return {}

    @cached_property
    def numbers(self) -> tuple[float, ...]:
        """Return the reference's numbers that the candidate lacks."""
        return find_lacking_numbers(self.pair, self.task)

    @property
    def candidate_constants(self) -> ConstantChanges | None:
        """Return how the candidate's runs change its constants."""
        return self._cache.changes("candidate", self.dtype)

    @property
    def agrees(self) -> bool:
        """Return whether the sides differ by no more than rounding."""
        return self.only_rounding(self.errors)

    @property
    def values_agree(self) -> bool:
        """Return whether gradients alone differ."""
        values = {k: error for k, error in self.errors.items() if not k.startswith(_GRADIENT)}
        return self.only_rounding(values)

    def compare(self, reference: Arrays, candidate: Arrays, complete: bool = True) -> Errors:
        """Return the relative error of each output; infinite if its structure differs.

        Unless `complete`, stop at the first output that is wrong, and begin with those that are
        wrong without any hypothesis.
        """
        names = [*reference, *(name for name in candidate if name not in reference)]
        if not complete:
            names.sort(key=lambda name: self._is_right(name, self.errors.get(name, np.inf)))
        errors: Errors = {}
        for name in names:
            errors[name] = self._error(name, reference, candidate)
            if not complete and not self._is_right(name, errors[name]):
                break
        return errors

    def _is_right(self, name: str, error: float) -> bool:
        return error <= FLOAT32_CONSTANTS or self.is_rounding(name, error)

    def _error(self, name: str, reference: Arrays, candidate: Arrays) -> float:
        one, other = reference.get(name), candidate.get(name)
        if one is None:
            return np.inf
        # Most hypotheses leave most outputs unchanged.
        unchanged = one is self.reference.get(name) and other is self.candidate.get(name)
        if unchanged and name in self.errors:
            return self.errors[name]
        return relative_gap(one, other)

    def only_rounding(self, errors: Errors) -> bool:
        """Return whether every error is no more than float64 rounding."""
        return all(self.is_rounding(name, error) for name, error in errors.items())

    def is_rounding(self, name: str, error: float) -> bool:
        """Return whether the relative error of an output is no more than float64 rounding."""
        if name not in self.reference or self.reference[name].dtype.kind != "f":
            return error == 0
        if name not in self._limits:
            self._limits[name] = self._rounding_limit(name)
        return error <= self._limits[name]

    def _rounding_limit(self, name: str) -> float:
        scale, single = magnitude(self.reference[name]), self._reference32.get(name)
        if not scale:
            return 0.0
        if self.dtype == "float32":
            return oracle.bounds(scale, self._moved_by_ulps(name), 0.0).rounding / scale
        own = largest_gap(single, self.reference[name]).size if single is not None else 0.0
        return oracle.bounds(scale, own, own).logic / scale

    def _moved_by_ulps(self, name: str) -> float:
        """Return how far an output of the reference moves in float32 if its inputs do by an ulp."""
        if not self._moves:

            def run(task: Task) -> Trace:
                return run_side(self.pair, "reference", task)

            with suppress(ParityError):
                self._moves = sample_moves(run, self.task)
        return self._moves.get(name, 0.0)

    def explains(self, errors: Errors) -> bool:
        """Return whether the errors left are rounding, at most that of constants in float32."""
        after, before = (max(each.values(), default=0.0) for each in (errors, self.errors))
        nearly = after <= FLOAT32_CONSTANTS and after < before / 1e3
        return self.only_rounding(errors) or nearly

    def try_hypothesis(self, hypothesis: Hypothesis, complete: bool = True) -> Errors | None:
        """Return the errors left under a hypothesis; None if a side does not run under it.

        Unless `complete`, stops as soon as the hypothesis cannot explain the mismatch.
        """
        if not self.candidate and all(bug.on_reference for bug in hypothesis):
            return None
        if all(isinstance(bug.change, ChangedOutputs) for bug in hypothesis):
            changed = self._change_reference_outputs(hypothesis)
            return None if changed is None else self.compare(changed, self.candidate, complete)
        pair = self.pair
        for bug in hypothesis:
            # Patches of code are in force for the whole run.
            if not isinstance(bug.change, PatchedCode):
                pair = assume(pair, bug)
        assumed = tuple(bug.name for bug in hypothesis if bug.on_reference)
        changes = tuple(bug.name for bug in hypothesis if not bug.on_reference)
        reference: Arrays | None = self.reference
        candidate = self.candidate
        if assumed:
            reference = self._cache.run_reference(
                pair, self.task, assumed, self.variant, self.dtype
            )
        if changes:
            candidate = self._run_changed(pair, hypothesis, changes)
        return self.compare(reference, candidate, complete) if reference and candidate else None

    def _run_changed(self, pair: Pair, hypothesis: Hypothesis, changes: tuple[str, ...]) -> Arrays:
        """Run a candidate with changes; return nothing if they cannot be made, or take too much."""
        try:
            with in_force([bug.change for bug in hypothesis]):
                return self._run_candidate(pair, changes)
        except (ParityError, ValueError):
            return {}

    def _change_reference_outputs(self, hypothesis: Hypothesis) -> Arrays | None:
        """Return the reference's outputs as changed by known bugs, without another run."""
        outputs = {k: a for k, a in self.reference.items() if not k.startswith(_GRADIENT)}
        gradients = {k: a for k, a in self.reference.items() if k.startswith(_GRADIENT)}
        try:
            before = self.pair.reference.before
            task = before(self.task) if before else self.task
            for bug in hypothesis:
                if isinstance(bug.change, ChangedOutputs):
                    outputs = bug.change.apply(outputs, task)
        except Exception:
            # A port's own bug is the user's code; if it fails on these outputs, it is no cause.
            return None
        return {**outputs, **gradients}

    def with_weights_for(self, bug: KnownBug, options: Options) -> "HypothesisRuns | None":
        """Return runs in which both sides are given the weights that other options need.

        The candidate is still built with its own options: if it accepts the weights and agrees, it
        has the other options, those of `bug`, built in. None if these need the same weights, or if
        the reference does not run with them.
        """
        try:
            weight_map = self.pair.weights(options)
            own = {weight.name: weight.shape for weight in self.task.weight_map}
            if own == {weight.name: weight.shape for weight in weight_map}:
                return None
            weights = draw_weights(weight_map, self.task.seed)
            task = replace(self.task, weights=weights, weight_map=weight_map)
            variant = f"{self.variant} with the weights of {bug.name}"
            return HypothesisRuns(assume(self.pair, bug), task, self._cache, variant)
        except Exception:
            # The user's own code: options without a weight map cannot be tested this way.
            return None

    def has_weights_of(self, options: Options) -> bool:
        """Return whether the candidate's weights have the shapes of other options, not its own."""
        try:
            built = self.pair.candidate.build(self.task.options, self.dtype)
            held = {key: tuple(value.shape) for key, value in built.parameters.items()}
            own, other = (_weight_shapes(self.pair, o) for o in (self.task.options, options))
        except Exception:
            # The user's own code: what cannot be built with these options has no such weights.
            return False
        return held == other != own

    def describe_pattern(self, intermediate: str) -> str:
        """Describe how the candidate's output is related to the reference's, if simply."""
        one, other = self.reference.get(intermediate), self.candidate.get(intermediate)
        if one is None or other is None or one.shape != other.shape:
            return ""
        scale = magnitude(one)
        if not scale:
            return ""

        def is_rounding(gap: float) -> bool:
            return self.is_rounding(intermediate, gap / scale)

        return describe_relation(one, other, is_rounding) or describe_places(
            one, other, is_rounding
        )


def _weight_shapes(pair: Pair, options: Options) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a candidate's weights under some options, by its own keys."""
    return {
        key: array.shape
        for weight in pair.weights(options)
        for key, array in zip(weight.keys, weight.forward(np.zeros(weight.shape)), strict=True)
    }
