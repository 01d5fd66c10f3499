"""Right runs beside the reference's own, to learn how fast right runs part on this problem."""

from collections.abc import Mapping

import numpy as np

from parity import elementwise
from parity.drift import Room
from parity.inputs import nudge
from parity.port import Arrays
from parity.runners.training import Run
from parity.training import Course, Training

# Each is two runs from the start. The largest of what they do counts, not the median as for a
# layer: one run that crosses a threshold makes the rest of it another training, yet a right one.
NEIGHBOURS = 4


class Neighbours:
    """The reference, started from weights that differ in their last place.

    In float32 such a run is one that any right float32 run may be; in float64 the change is to the
    float64 number next to it, so that the rounding of float64 is what is seen to grow. Nothing is
    built before it is needed.
    """

    def __init__(self, training: Training, course: Course, weights: Arrays) -> None:
        self._training, self._course, self._weights = training, course, weights
        self._runs: dict[str, Run] = {}

    def start(self, dtype: str, weights: Arrays | None = None) -> Run:
        """The reference in `dtype`, at its start from the given weights; only one at a time."""
        weights = self._weights if weights is None else weights
        if dtype not in self._runs:
            self._runs[dtype] = Run(self._training, "reference", dtype, weights)
        else:
            self._runs[dtype].restart(weights)
        return self._runs[dtype]

    def after(self, step: int, truth: Mapping[str, np.ndarray]) -> dict[str, Room]:
        """How far from the truth they come, for each of its quantities after so many steps.

        Args:
            step: the number of steps.
            truth: what the reference's float64 run has then.
        """
        rooms = dict.fromkeys(truth, Room())
        for number in range(1, NEIGHBOURS + 1):
            single = self._gaps("float32", number, step, truth)
            double = self._gaps("float64", number, step, truth)
            rooms = {n: rooms[n].widened(Room(single[n], double[n])) for n in rooms}
        return rooms

    def _gaps(
        self, dtype: str, number: int, step: int, truth: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        start = {n: nudge(n, array.astype(dtype), number) for n, array in self._weights.items()}
        run = self.start(dtype, start)
        for past in range(1, step):
            run.step(self._course.batch(past, self._training))
        found = run.step(self._course.batch(step, self._training)).named()
        sets = {"training": self._course.records, "held out": self._course.held_out}
        for name, records in sets.items():
            if records is not None and f"evaluation/{name}" in truth:
                found[f"evaluation/{name}"] = np.asarray(run.evaluate(records.arrays))
        return {name: elementwise.largest_gap(found[name], truth[name]).size for name in truth}
