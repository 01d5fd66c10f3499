"""The runs that suppositions about one candidate are held to, on one task, in float64."""

from dataclasses import replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import draw_weights
from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Pair
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.diagnosing import patterns
from parity.diagnosing.reference_runs import ReferenceRuns
from parity.errors import ParityError
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude, relative_gap
from parity.known_bugs.planting import supposed

Group = tuple[KnownBug, ...]
Errors = dict[str, float]

# Constants kept as float32 leave this much of the scale, a few ulp.
HALF_PRECISION = 4 * oracle.EPS32
_GRADIENT = "grad/"


class Inquiry:
    """A candidate and a reference on one task; with gradients only if the values agree.

    Args:
        pair: the pair that fails.
        task: what to ask.
        references: where runs of the reference are kept.
        question: by what name they are kept, where a case has several tasks.

    Raises ParityError if the reference does not run.
    """

    def __init__(
        self, pair: Pair, task: Task, references: ReferenceRuns, question: str = ""
    ) -> None:
        self.pair, self.question, self._references = pair, question, references
        self.failure = ""
        self._ask(replace(task, differentiate=()))
        if self.agrees and task.differentiate != ():
            self._ask(task)

    def _ask(self, task: Task) -> None:
        self.task = task
        self.reference = self._reference() or {}
        self._single = self._reference(dtype="float32") or {}
        self.candidate = self._run_candidate(self.pair)
        self.before: Errors = {}
        self._limits: Errors = {}
        self.before = self.errors(self.reference, self.candidate)

    def _reference(self, dtype: str = "float64") -> Arrays | None:
        return self._references.get(self.pair, self.task, (), self.question, dtype)

    def _run_candidate(self, pair: Pair, done: tuple[str, ...] = ()) -> Arrays:
        """The candidate's float64 outputs; none if it raises, and `failure` says what."""
        right, question = self.pair.candidate, self.question
        try:
            return self._references.candidate(pair, right, self.task, done, question)
        except (ParityError, ValueError, KeyError) as error:
            self.failure = self.failure or str(error)
            return {}

    @property
    def agrees(self) -> bool:
        """Whether the two sides differ by no more than rounding."""
        return self.is_rounding(self.before)

    @property
    def runnable(self) -> Pair:
        """The pair; if its candidate raises, the reference on both sides."""
        return self.pair if self.candidate else replace(self.pair, candidate=self.pair.reference)

    def errors(self, reference: Arrays, candidate: Arrays, whole: bool = True) -> Errors:
        """The relative error of each output; infinite where its structure differs.

        If not `whole`, up to the first that is wrong; outputs that are wrong where nothing is
        supposed come first.
        """
        names = [*reference, *(name for name in candidate if name not in reference)]
        if not whole:
            names.sort(key=lambda name: self._is_right(name, self.before.get(name, np.inf)))
        found: Errors = {}
        for name in names:
            found[name] = self._error(name, reference, candidate)
            if not whole and not self._is_right(name, found[name]):
                break
        return found

    def _is_right(self, name: str, error: float) -> bool:
        return error <= HALF_PRECISION or self.rounding(name, error)

    def _error(self, name: str, reference: Arrays, candidate: Arrays) -> float:
        one, other = reference.get(name), candidate.get(name)
        if one is None:
            return np.inf
        # Most suppositions leave most outputs as they are.
        untouched = one is self.reference.get(name) and other is self.candidate.get(name)
        if untouched and name in self.before:
            return self.before[name]
        return relative_gap(one, other)

    def is_rounding(self, errors: Errors) -> bool:
        """Whether no relative error is more than float64 rounding."""
        return all(self.rounding(name, error) for name, error in errors.items())

    def rounding(self, name: str, error: float) -> bool:
        """Whether a relative error is no more than float64 rounding."""
        if name not in self.reference or self.reference[name].dtype.kind != "f":
            return error == 0
        if name not in self._limits:
            self._limits[name] = self._limit(name)
        return error <= self._limits[name]

    def _limit(self, name: str) -> float:
        scale, single = magnitude(self.reference[name]), self._single.get(name)
        if not scale:
            return 0.0
        own = largest_gap(single, self.reference[name]).size if single is not None else 0.0
        return oracle.bounds(scale, own, own).logic / scale

    def explains(self, errors: Errors) -> bool:
        """Whether what is left of the difference is rounding, of float32 constants at most."""
        after, worst = (max(left.values(), default=0.0) for left in (errors, self.before))
        nearly = after <= HALF_PRECISION and after < worst / 1e3
        return self.is_rounding(errors) or nearly

    def suppose(self, group: Group, whole: bool = True) -> Errors | None:
        """The errors left if these mistakes are supposed; None if a side cannot run so.

        If not `whole`, as far as it takes to know whether they explain all.
        """
        if not self.candidate and all(mistake.on_reference for mistake in group):
            return None
        if all(mistake.outputs is not None for mistake in group):
            reference = self._given_otherwise(group)
            return None if reference is None else self.errors(reference, self.candidate, whole)
        pair = self.pair
        for mistake in group:
            pair = supposed(pair, mistake)
        outside = tuple(mistake.name for mistake in group if mistake.on_reference)
        reference, candidate = self.reference, self.candidate
        if outside:
            reference = self._references.get(pair, self.task, outside, self.question)
        if len(outside) < len(group):
            within = tuple(mistake.name for mistake in group if not mistake.on_reference)
            candidate = self._run_candidate(pair, within)
        return self.errors(reference, candidate, whole) if reference and candidate else None

    def _given_otherwise(self, group: Group) -> Arrays | None:
        """What the reference gave, with mistakes in giving it; it need not run again for them."""
        outputs = {k: a for k, a in self.reference.items() if not k.startswith(_GRADIENT)}
        gradients = {k: a for k, a in self.reference.items() if k.startswith(_GRADIENT)}
        try:
            before = self.pair.reference.before
            task = before(self.task) if before else self.task
            for mistake in group:
                outputs = mistake.outputs(outputs, task) if mistake.outputs else outputs
        except Exception:
            # A port's own mistake is the user's code: what it cannot be made of is not so.
            return None
        return {**outputs, **gradients}

    def with_weights_of(self, mistake: KnownBug) -> "Inquiry | None":
        """The candidate and the reference, both handed the weights that other options want.

        The candidate is told nothing of these options: if it takes the weights, and agrees, it has
        them already. None if they want no other weights, or the reference does not run so.
        """
        try:
            weight_map = self.pair.weights(mistake.options or {})
            own = {weight.name: weight.shape for weight in self.task.weight_map}
            if own == {weight.name: weight.shape for weight in weight_map}:
                return None
            weights = draw_weights(weight_map, self.task.seed)
            task = replace(self.task, weights=weights, weight_map=weight_map)
            question = f"{self.question} with the weights of {mistake.name}"
            return Inquiry(supposed(self.pair, mistake), task, self._references, question)
        except Exception:
            # The user's own code: what has no weights under these options is not asked.
            return None

    def has_weights_of(self, options: Options) -> bool:
        """Whether the candidate holds weights as other options give them, and not as its own do."""
        try:
            built = self.pair.candidate.build(self.task.options, "float64")
            held = {key: tuple(value.shape) for key, value in built.parameters.items()}
            own, other = (_shapes(self.pair, o) for o in (self.task.options, options))
        except Exception:
            # The user's own code: what cannot be built with these options has no such weights.
            return False
        return held == other != own

    def pattern(self, intermediate: str) -> str:
        """What the candidate's output is of the reference's, where that is simple."""
        one, other = self.reference.get(intermediate), self.candidate.get(intermediate)
        if one is None or other is None or one.shape != other.shape:
            return ""
        scale = magnitude(one)
        return patterns.between(one, other, lambda gap: self.rounding(intermediate, gap / scale))


def rows_reversed(task: Task) -> Task:
    """The same records the other way about: what comes to the same on one order may not here."""
    return replace(task, inputs={k: _upside_down(a) for k, a in task.inputs.items()})


def zeros_and_ones(task: Task) -> Task:
    """Floating inputs of 0 and 1 alone, 1 above the median: few candidates fail on those."""
    return replace(task, inputs={k: _tame(a) for k, a in task.inputs.items()})


def same_inputs(one: Task, other: Task) -> bool:
    """Whether two tasks hand over the same inputs."""
    return all(
        np.array_equal(array, other.inputs[name], equal_nan=array.dtype.kind == "f")
        for name, array in one.inputs.items()
    )


def _upside_down(array: Array) -> Array:
    return np.ascontiguousarray(array[::-1]) if array.ndim else array


def _tame(array: Array) -> Array:
    if array.dtype.kind != "f" or not array.size:
        return array
    tame: Array = (array > np.nanmedian(array)).astype(array.dtype)
    return tame


def _shapes(pair: Pair, options: Options) -> dict[str, tuple[int, ...]]:
    """The shapes of a candidate's weights under some options, by its own keys."""
    return {
        key: array.shape
        for weight in pair.weights(options)
        for key, array in zip(weight.keys, weight.forward(np.zeros(weight.shape)), strict=True)
    }
