"""Training of both sides in lockstep, in float32 and float64, up to the step where they diverge."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.declaring.inputs import draw_weights
from parity.declaring.training import Course, Training
from parity.diagnosing.budget import Budget
from parity.errors import ParityError, UnavailableError
from parity.judging import elementwise
from parity.judging.verdict import Verdict, worst
from parity.runners.training import StepResult, TrainingRun
from parity.train.drift import RUNS, WEIGHT, QuantityComparison, Spread, compare, is_decidable
from parity.train.root_cause import Evidence, RootCause, find_root_cause
from parity.train.ulp_perturbed import PerturbedRuns

# In the order in which a step computes them, so the first to fail is where the fault arises.
KINDS = ("loss", "gradient", "weight", "evaluation")
ByRun = dict[str, float]
"""One number for each of the four `RUNS`."""


@dataclass(frozen=True)
class Step:
    """Comparison of one step.

    Args:
        number: from 1.
        losses: each run's loss before the step.
        norms: the norm of each run's whole gradient.
        comparisons: of every quantity.
        travelled: the largest distance of an element of a weight from its start.
        judged: False once correct runs differ by as much as the weights have moved.
    """

    number: int
    losses: ByRun
    norms: ByRun
    comparisons: tuple[QuantityComparison, ...]
    travelled: float
    judged: bool = True

    def weights(self) -> list[QuantityComparison]:
        """Return the comparisons of the weights."""
        return [c for c in self.comparisons if c.name.startswith(WEIGHT)]

    def closest_to_bound(self) -> QuantityComparison:
        """Return the weight whose float64 difference is closest to its bound."""
        return max(self.weights(), key=lambda comparison: comparison.excess)

    def largest(self, measure: str) -> float:
        """Return the largest value over all weights of a field, such as "difference32"."""
        return max((float(getattr(c, measure)) for c in self.weights()), default=0.0)


@dataclass(frozen=True)
class Evaluation:
    """Losses in evaluation after a step, on the training records and on the held-out ones."""

    step: int
    training: ByRun
    held_out: ByRun | None


@dataclass(frozen=True)
class Divergence:
    """First step at which the sides differ, and its root cause as far as it is known.

    `kind` is "loss", "gradient", "weight" or "evaluation", whichever fails first in the step;
    `comparisons` are all quantities of that kind that fail.
    """

    step: int
    kind: str
    comparisons: tuple[QuantityComparison, ...]
    root_cause: RootCause


@dataclass(frozen=True)
class TrainingComparison:
    """Result of one training in lockstep."""

    training: str
    course: Course
    verdict: Verdict
    steps: tuple[Step, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    divergence: Divergence | None = None
    notes: tuple[str, ...] = ()


class Lockstep:
    """Runs one training over one course, four times side by side.

    Args:
        training: the training.
        course: the records and steps.
        search: starts the time for repairs of the candidate's calls where the sides diverge in a
            step; without it, none are tried.
    """

    def __init__(
        self, training: Training, course: Course, search: Callable[[], Budget] | None = None
    ) -> None:
        self.training, self.course, self._search = training, course, search
        self.weights = draw_weights(training.weights(training.options), course.seed)
        self._perturbed = PerturbedRuns(training, course, self.weights)
        self._spreads: dict[str, Spread] = {}
        self._divergence: Divergence | None = None
        self._steps: list[Step] = []
        self._evaluations: list[Evaluation] = []
        self._notes: list[str] = []

    def run(self, progress: Callable[[int], None] = lambda step: None) -> TrainingComparison:
        """Train, and return the comparison; if a side fails, its verdict is `not compared`.

        Raises UnavailableError if a framework is not installed.
        """
        try:
            self._runs = {
                name: TrainingRun(self.training, name[:-2], f"float{name[-2:]}", self.weights)
                for name in RUNS
            }
            self._evaluate(0)
            for number in range(1, self.course.steps + 1):
                progress(number)
                self._step(number)
        except UnavailableError:
            raise
        except ParityError as error:
            return self._result(Verdict.NOT_COMPARED, str(error))
        return self._result(self._verdict())

    def _result(self, verdict: Verdict, *notes: str) -> TrainingComparison:
        return TrainingComparison(
            self.training.name,
            self.course,
            verdict,
            tuple(self._steps),
            tuple(self._evaluations),
            self._divergence,
            (*self._notes, *notes),
        )

    def _verdict(self) -> Verdict:
        if self._divergence:
            return worst(comparison.verdict for comparison in self._divergence.comparisons)
        return worst(c.verdict for step in self._steps if step.judged for c in step.comparisons)

    def _step(self, number: int) -> None:
        batch = self.course.batch(number, self.training)
        after = {name: run.step(batch) for name, run in self._runs.items()}
        quantities = {name: result.named() for name, result in after.items()}
        if number in self.course.evaluated_steps():
            for records, losses in self._evaluate(number).items():
                for run, loss in losses.items():
                    quantities[run][f"evaluation/{records}"] = np.array(loss, f"float{run[-2:]}")
        comparisons = compare(quantities, self._spreads)
        if self._searching and not all(c.verdict.passes for c in comparisons):
            sampled = self._perturbed.spreads(number, quantities["reference64"])
            for name, spread in sampled.items():
                self._widen(name, spread)
            comparisons = [c.allowing(self._spreads[c.name]) for c in comparisons]
        for comparison in comparisons:
            # Drift does not shrink: a step with an unusually small error must not tighten bounds.
            self._widen(comparison.name, Spread(comparison.reference_error))
        travelled = self._travelled(after["reference64"])
        step = Step(
            number,
            {name: float(result.loss) for name, result in after.items()},
            {name: _norm(result) for name, result in after.items()},
            tuple(comparisons),
            travelled,
            self._judging and is_decidable(comparisons, travelled),
        )
        if self._searching:
            self._judge(step, after)
        self._steps.append(step)

    def _widen(self, name: str, spread: Spread) -> None:
        self._spreads[name] = self._spreads.get(name, Spread()).widened(spread)

    @property
    def _judging(self) -> bool:
        return not self._steps or self._steps[-1].judged

    @property
    def _searching(self) -> bool:
        """Return True while no divergence has been found and steps can be judged."""
        return self._divergence is None and self._judging

    def _judge(self, step: Step, after: dict[str, StepResult]) -> None:
        if not step.judged:
            self._notes.append(
                f"from step {step.number} on, correct runs differ by as much as the weights have "
                "moved, even in float64: these steps cannot be judged"
            )
            return
        for kind in KINDS:
            failing = tuple(
                comparison
                for comparison in step.comparisons
                if comparison.name.partition("/")[0] == kind and not comparison.verdict.passes
            )
            if failing:
                budget = self._search() if self._search else None
                evidence = Evidence(
                    self.course, self.training, step.number, after, self.weights, budget
                )
                cause = find_root_cause(kind, failing, evidence)
                self._divergence = Divergence(step.number, kind, failing, cause)
                return

    def _travelled(self, truth: StepResult) -> float:
        return max(
            (elementwise.largest_gap(truth.weights[n], self.weights[n]).size for n in self.weights),
            default=0.0,
        )

    def _evaluate(self, number: int) -> dict[str, ByRun]:
        """Return the losses in evaluation, by records; none if a side does not evaluate."""
        sets = {"training": self.course.records, "held out": self.course.held_out}
        found: dict[str, ByRun] = {}
        for name, records in sets.items():
            if records is None:
                continue
            losses = {n: run.evaluate(records.arrays) for n, run in self._runs.items()}
            found[name] = {n: loss for n, loss in losses.items() if loss is not None}
            if len(found[name]) < len(RUNS):
                return {}
        self._evaluations.append(Evaluation(number, found["training"], found.get("held out")))
        return found


def _norm(result: StepResult) -> float:
    squares = (np.sum(np.square(g, dtype=np.float64)) for g in result.gradients.values())
    return float(np.sqrt(sum(squares)))
