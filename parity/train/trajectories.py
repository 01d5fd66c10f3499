"""Both sides run again in float64 to find the root cause of a divergence, with more steps recorded.

Each side runs along its own weights. The reference also runs along the candidate's ("forced"):
before every step it is given the candidate's weights, so that its loss and gradients can be
compared with the candidate's at any step, however far the two have drifted apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import generator
from parity.declaring.training import Course, Training
from parity.runners.training import StepResult, TrainingRun
from parity.train.rules.record import Record

# Elements of all weights together, and of one, that are recorded.
_ELEMENTS, _FEWEST, _MOST = 20_000, 64, 2048
# Steps recorded in any case, and after the divergence.
_STEPS, _STEPS_AFTER = 24, 12
# Steps, from the first, whose weights are kept as a whole, for experiments.
KEPT = 4


@dataclass
class Trajectory:
    """Recorded steps of one run; elements are sampled, the same ones of every weight of a shape.

    Args:
        losses: of every step.
        gradients: sampled elements of each weight, a row a step.
        norms: of each weight's whole gradient, by step.
        weights: sampled elements of each weight, before each step and after the last.
        squares: sum of squares of each whole weight before each step.
        whole: whole weights before each of the first `KEPT` steps.
        without_gradient: the weights that have no gradient.
    """

    losses: list[float] = field(default_factory=list)
    gradients: dict[str, list[Array]] = field(default_factory=dict)
    norms: dict[str, list[float]] = field(default_factory=dict)
    weights: dict[str, list[Array]] = field(default_factory=dict)
    squares: dict[str, list[float]] = field(default_factory=dict)
    whole: list[Arrays] = field(default_factory=list)
    without_gradient: frozenset[str] = frozenset()

    @property
    def steps(self) -> int:
        """Return the number of steps."""
        return len(self.losses)

    def updates(self, name: str) -> Array:
        """Return what each step added to the sampled elements of a weight."""
        return np.diff(np.array(self.weights[name]), axis=0)

    def moved(self, name: str) -> Array:
        """Return whether each step changed the weight."""
        moved: Array = np.any(self.updates(name) != 0, axis=1)
        return moved


@dataclass
class Trajectories:
    """The reference and the candidate along their own weights, and the forced reference.

    `forced` and `candidate_probe` can take further steps, from any weights.
    """

    course: Course
    training: Training
    reference: Trajectory
    candidate: Trajectory
    forced: Trajectory
    shapes: Mapping[str, tuple[int, ...]]
    forced_reference: TrainingRun
    forced_candidate: TrainingRun

    @property
    def steps(self) -> int:
        """Return the number of steps that all of them have taken."""
        return min(self.reference.steps, self.candidate.steps, self.forced.steps)

    def record(self, side: Trajectory, names: list[str]) -> Record:
        """Return the steps of some weights as one record for a search."""
        sizes = [len(side.weights[name][0]) for name in names]
        return Record(
            tuple(names),
            np.array([len(self.shapes[name]) > 1 for name in names]),
            np.repeat(np.arange(len(names)), sizes),
            np.concatenate([np.array(side.gradients[name]) for name in names], axis=1),
            np.concatenate([np.array(side.weights[name]) for name in names], axis=1),
            np.array([side.norms[name] for name in names]).T,
        )


def run_again(training: Training, course: Course, weights: Arrays, diverged: int) -> Trajectories:
    """Run both sides and the forced reference from `weights`, beyond the step that diverged.

    Stops earlier where a loss, a gradient or a weight is not finite. Raises ParityError if a side
    fails.
    """
    reference = TrainingRun(training, "reference", "float64", weights)
    candidate = TrainingRun(training, "candidate", "float64", weights)
    forced = TrainingRun(training, "reference", "float64", weights)
    picks = dict(_picks(weights))
    found = Trajectories(
        course,
        training,
        Trajectory(),
        Trajectory(),
        Trajectory(),
        {name: array.shape for name, array in weights.items()},
        forced,
        TrainingRun(training, "candidate", "float64", weights),
    )
    before = {id(run): weights for run in (reference, candidate)}
    for number in range(1, max(_STEPS, diverged + _STEPS_AFTER) + 1):
        batch = course.batch(number, training)
        forced.put(before[id(candidate)])
        at_candidate = before[id(candidate)]
        for run, side in ((reference, found.reference), (candidate, found.candidate)):
            result = run.step(batch)
            if not _finite(result):
                return found
            _append(side, before[id(run)], result, picks)
            before[id(run)] = result.weights
        _append(found.forced, at_candidate, forced.step(batch), picks)
    return found


def _finite(result: StepResult) -> bool:
    return all(np.all(np.isfinite(array)) for array in result.named().values())


def _picks(weights: Arrays) -> Iterator[tuple[str, Array]]:
    """Yield the sampled elements of each weight; they depend on its shape alone."""
    limit = int(np.clip(_ELEMENTS // max(len(weights), 1), _FEWEST, _MOST))
    for name, array in weights.items():
        if array.size <= limit:
            yield name, np.arange(array.size)
        else:
            random = generator(f"elements of {array.shape}", 1)
            yield name, np.sort(random.choice(array.size, limit, replace=False))


def _append(
    side: Trajectory, before: Arrays, result: StepResult, picks: Mapping[str, Array]
) -> None:
    side.losses.append(float(result.loss))
    side.without_gradient = result.without_gradient
    if len(side.whole) < KEPT:
        side.whole.append({n: array.astype(np.float64) for n, array in before.items()})
    for name, picked in picks.items():
        gradient = result.gradients[name].astype(np.float64)
        side.gradients.setdefault(name, []).append(gradient.ravel()[picked])
        side.norms.setdefault(name, []).append(float(np.sqrt(np.sum(gradient**2))))
        start = before[name].astype(np.float64)
        side.squares.setdefault(name, []).append(float(np.sum(start**2)))
        side.weights.setdefault(name, [start.ravel()[picked]])
        side.weights[name].append(result.weights[name].astype(np.float64).ravel()[picked])
