"""ULP-perturbed runs of the reference, which show how fast correct runs of a training drift."""

from collections.abc import Mapping

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.training import Course, Training
from parity.judging import elementwise
from parity.runners.training import TrainingRun
from parity.train.drift import Spread

# Two runs, each from the start. The largest of their distances counts, not the median as for a
# layer: a run that crosses a threshold becomes a different training, yet a correct one.
PERTURBED_RUNS = 4


class PerturbedRuns:
    """Runs of the reference whose weights are moved by one ulp before each step.

    Any correct run may make so small a change at any step. A change at the first step alone would
    not do, as the training may be insensitive to it there. Float64 runs are moved by float64 ulps,
    to show how float64 rounding grows. Nothing is built before it is needed.
    """

    def __init__(self, training: Training, course: Course, weights: Arrays) -> None:
        self._training, self._course, self._weights = training, course, weights
        self._runs: dict[str, TrainingRun] = {}

    def start(self, dtype: str) -> TrainingRun:
        """Return the reference in `dtype` at its start, not perturbed; restarts any earlier one."""
        if dtype in self._runs:
            self._runs[dtype].restart(self._weights)
        else:
            self._runs[dtype] = TrainingRun(self._training, "reference", dtype, self._weights)
        return self._runs[dtype]

    def spreads(self, step: int, truth: Mapping[str, Array]) -> dict[str, Spread]:
        """Return the spread of each quantity of `truth` after `step` steps.

        `truth` holds the quantities of the reference's float64 run after that step.
        """
        spreads = dict.fromkeys(truth, Spread())
        for number in range(1, PERTURBED_RUNS + 1):
            float32 = self._gaps("float32", number, step, truth)
            float64 = self._gaps("float64", number, step, truth)
            spreads = {n: spreads[n].widened(Spread(float32[n], float64[n])) for n in spreads}
        return spreads

    def _gaps(
        self, dtype: str, number: int, step: int, truth: Mapping[str, Array]
    ) -> dict[str, float]:
        run = self.start(dtype)
        for past in range(1, step + 1):
            run.perturb(past * PERTURBED_RUNS + number)
            result = run.step(self._course.batch(past, self._training))
        found = result.named()
        sets = {"training": self._course.records, "held out": self._course.held_out}
        for name, records in sets.items():
            if records is not None and f"evaluation/{name}" in truth:
                found[f"evaluation/{name}"] = np.asarray(run.evaluate(records.arrays))
        return {name: elementwise.largest_gap(found[name], truth[name]).size for name in truth}
