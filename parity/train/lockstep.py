"""Trains both sides in lockstep, in float32 and float64, and finds the step where they part."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.declaring.inputs import draw_weights
from parity.declaring.training import Course, Training
from parity.errors import ParityError, UnavailableError
from parity.judging import elementwise
from parity.judging.verdict import Verdict, worst
from parity.runners.training import Moment, Run
from parity.train.drift import RUNS, Figure, Room, measure, told
from parity.train.root_cause import Evidence, cause
from parity.train.ulp_perturbed import Neighbours

_KINDS = ("loss", "gradient", "weight", "evaluation")
Four = dict[str, float]


@dataclass(frozen=True)
class Step:
    """One step: the four runs' losses before it, and norms of their whole gradients.

    `travelled` is the farthest that an element of a weight has come from its start. `judged` is
    False once right runs part as far as the weights move.
    """

    number: int
    losses: Four
    norms: Four
    figures: tuple[Figure, ...]
    travelled: float
    judged: bool = True

    def nearest(self) -> Figure:
        """Of all weights' figures, the one nearest to its bound in float64."""
        return max(
            (f for f in self.figures if f.name.startswith("weight/")), key=lambda f: f.excess
        )

    def apart(self, measure: str) -> float:
        """The largest of a measure of Figure, such as "apart32", over all weights."""
        held = (f for f in self.figures if f.name.startswith("weight/"))
        return max((float(getattr(figure, measure)) for figure in held), default=0.0)


@dataclass(frozen=True)
class Look:
    """The four runs' losses in evaluation after a step: of the training's records, of the others"""

    step: int
    training: Four
    held_out: Four | None


@dataclass(frozen=True)
class Fault:
    """Where the sides part: the step, what does so first in it, and what that says.

    `kind` is "loss", "gradient", "weight" or "evaluation"; `figures` are all that fail of it.
    """

    step: int
    kind: str
    figures: tuple[Figure, ...]
    cause: str


@dataclass(frozen=True)
class Lesson:
    """What became of one training."""

    training: str
    course: Course
    verdict: Verdict
    steps: tuple[Step, ...] = ()
    looks: tuple[Look, ...] = ()
    fault: Fault | None = None
    notes: tuple[str, ...] = ()


class Lockstep:
    """The four runs of one training over one course."""

    def __init__(self, training: Training, course: Course) -> None:
        self.training, self.course = training, course
        self.weights = draw_weights(training.weights(training.options), course.seed)
        self._neighbours = Neighbours(training, course, self.weights)
        self._rooms: dict[str, Room] = {}
        self._fault: Fault | None = None
        self._steps: list[Step] = []
        self._looks: list[Look] = []
        self._notes: list[str] = []

    def run(self, progress: Callable[[int], None] = lambda step: None) -> Lesson:
        """Train; a side that cannot go on ends it as `not compared`, never as an exception.

        Raises UnavailableError if a framework is not installed.
        """
        try:
            self._runs = {name: self._start(name) for name in RUNS}
            self._look(0)
            before = dict.fromkeys(RUNS, self._at_start())
            for number in range(1, self.course.steps + 1):
                progress(number)
                before = self._step(number, before)
        except UnavailableError:
            raise
        except ParityError as error:
            return self._lesson(Verdict.NOT_COMPARED, str(error))
        return self._lesson(self._verdict())

    def _lesson(self, verdict: Verdict, *notes: str) -> Lesson:
        return Lesson(
            self.training.name,
            self.course,
            verdict,
            tuple(self._steps),
            tuple(self._looks),
            self._fault,
            (*self._notes, *notes),
        )

    def _verdict(self) -> Verdict:
        judged = [step for step in self._steps if step.judged]
        if self._fault:
            return worst(figure.verdict for figure in self._fault.figures)
        return worst(figure.verdict for step in judged for figure in step.figures)

    def _start(self, name: str) -> Run:
        role, dtype = name[:-2], f"float{name[-2:]}"
        return Run(self.training, role, dtype, self.weights)

    def _at_start(self) -> Moment:
        return Moment(np.zeros(()), {}, self.weights)

    def _step(self, number: int, before: dict[str, Moment]) -> dict[str, Moment]:
        batch = self.course.batch(number, self.training)
        after = {name: run.step(batch) for name, run in self._runs.items()}
        named = {name: moment.named() for name, moment in after.items()}
        if number in self.course.looks():
            for name, losses in self._look(number).items():
                for run, loss in losses.items():
                    named[run][f"evaluation/{name}"] = np.array(loss, f"float{run[-2:]}")
        figures = measure(named, self._rooms)
        if self._open and not all(figure.verdict.passes for figure in figures):
            sampled = self._neighbours.after(number, named["reference64"])
            self._rooms |= {n: self._rooms.get(n, Room()).widened(r) for n, r in sampled.items()}
            figures = [figure.given(self._rooms[figure.name]) for figure in figures]
        for figure in figures:
            room = self._rooms.get(figure.name, Room())
            # A drift does not heal: one lucky step narrows nothing.
            self._rooms[figure.name] = room.widened(Room(figure.reference_error))
        travelled = self._travelled(after["reference64"])
        step = Step(
            number,
            {name: float(moment.loss) for name, moment in after.items()},
            {name: _norm(moment) for name, moment in after.items()},
            tuple(figures),
            travelled,
            (not self._steps or self._steps[-1].judged) and told(figures, travelled),
        )
        self._judge(step, before, after)
        self._steps.append(step)
        return after

    @property
    def _open(self) -> bool:
        """Whether a fault is still looked for."""
        return self._fault is None and (not self._steps or self._steps[-1].judged)

    def _judge(self, step: Step, before: dict[str, Moment], after: dict[str, Moment]) -> None:
        if not self._open:
            return
        if not step.judged:
            self._notes.append(
                f"from step {step.number} on, right runs part as far as the weights move, even in "
                "float64: nothing can be told of these steps"
            )
            return
        for kind in _KINDS:
            wrong = tuple(
                figure
                for figure in step.figures
                if figure.name.partition("/")[0] == kind and not figure.verdict.passes
            )
            if wrong:
                evidence = Evidence(
                    self.course, self.training, step.number, before, after, self._neighbours
                )
                self._fault = Fault(step.number, kind, wrong, cause(kind, wrong, evidence))
                return

    def _travelled(self, truth: Moment) -> float:
        return max(
            (elementwise.largest_gap(truth.weights[n], self.weights[n]).size for n in self.weights),
            default=0.0,
        )

    def _look(self, number: int) -> dict[str, Four]:
        """Losses in evaluation, of which no side need have any."""
        sets = {"training": self.course.records, "held out": self.course.held_out}
        found: dict[str, Four] = {}
        for name, records in sets.items():
            if records is None:
                continue
            losses = {n: run.evaluate(records.arrays) for n, run in self._runs.items()}
            found[name] = {n: loss for n, loss in losses.items() if loss is not None}
            if len(found[name]) < len(RUNS):
                return {}
        self._looks.append(Look(number, found["training"], found.get("held out")))
        return found


def _norm(moment: Moment) -> float:
    squares = (np.sum(np.square(g, dtype=np.float64)) for g in moment.gradients.values())
    return float(np.sqrt(sum(squares)))
