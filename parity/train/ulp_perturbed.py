"""Right runs beside the reference's own, to learn how fast right runs part on this problem."""

from collections.abc import Mapping

import numpy as np

from parity.arrays import Arrays
from parity.declaring.training import Course, Training
from parity.judging import elementwise
from parity.runners.training import Run
from parity.train.drift import Room

# Each is two runs from the start. The largest of what they do counts, not the median as for a
# layer: one run that crosses a threshold makes the rest of it another training, yet a right one.
PERTURBED_RUNS = 4


class Neighbours:
    """The reference, with its weights moved to a number next to them before each step.

    So small a change any right run may make in any step, and it is not enough to make it in the
    first: the training may be blind to it there. In float64 the numbers are those next to each
    other in float64, so that its rounding is what is seen to grow. Nothing is built before it is
    needed.
    """

    def __init__(self, training: Training, course: Course, weights: Arrays) -> None:
        self._training, self._course, self._weights = training, course, weights
        self._runs: dict[str, Run] = {}

    def start(self, dtype: str) -> Run:
        """The reference in `dtype` at its start; only one at a time."""
        if dtype in self._runs:
            self._runs[dtype].restart(self._weights)
        else:
            self._runs[dtype] = Run(self._training, "reference", dtype, self._weights)
        return self._runs[dtype]

    def after(self, step: int, truth: Mapping[str, np.ndarray]) -> dict[str, Room]:
        """How far from the truth they come, for each of its quantities after so many steps.

        Args:
            step: the number of steps.
            truth: what the reference's float64 run has then.
        """
        rooms = dict.fromkeys(truth, Room())
        for number in range(1, PERTURBED_RUNS + 1):
            single = self._gaps("float32", number, step, truth)
            double = self._gaps("float64", number, step, truth)
            rooms = {n: rooms[n].widened(Room(single[n], double[n])) for n in rooms}
        return rooms

    def _gaps(
        self, dtype: str, number: int, step: int, truth: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        run = self.start(dtype)
        for past in range(1, step + 1):
            run.perturb(past * PERTURBED_RUNS + number)
            moment = run.step(self._course.batch(past, self._training))
        found = moment.named()
        sets = {"training": self._course.records, "held out": self._course.held_out}
        for name, records in sets.items():
            if records is not None and f"evaluation/{name}" in truth:
                found[f"evaluation/{name}"] = np.asarray(run.evaluate(records.arrays))
        return {name: elementwise.largest_gap(found[name], truth[name]).size for name in truth}
