"""Numbers that operations of TensorFlow compare data with, seen one operation at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.declaring.boundary_watch import BoundaryWatch
from parity.runners.tensorflow.constants import ConstantTracker

_COMPARE = {
    *("Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "Maximum", "Minimum"),
    *("ClipByValue", "Bucketize", "LowerBound", "UpperBound"),
    *("FloorMod", "FloorDiv", "TruncateMod"),
}
# Numbers that a kernel holds itself.
_OWN = {"Relu6": (6.0,)}


class BoundaryTracker(ConstantTracker):
    """Every operation of a run; those that compare data show what with."""

    def __init__(self, watch: BoundaryWatch) -> None:
        super().__init__(watch)
        self.watch = watch

    def _look(
        self,
        kind: str,
        inputs: Sequence[Any],
        tags: Sequence[object],
        attrs: Sequence[Any] | None,
    ) -> None:
        if self.watch.every:
            self._see_every(inputs, tags, attrs)
            return
        self.watch.see(_OWN.get(kind, ()))
        if kind not in _COMPARE:
            return
        given = list(attrs or ())
        if "boundaries" in given:
            self.watch.see(given[given.index("boundaries") + 1])
        for one, tag in zip(inputs, tags, strict=True):
            if tag is not None and one.dtype.is_numeric:
                self.watch.see(np.asarray(one, np.float64).ravel().tolist())

    def _see_every(
        self, inputs: Sequence[Any], tags: Sequence[object], attrs: Sequence[Any] | None
    ) -> None:
        """Note the single numbers that an operation is given, and those among its attributes."""
        self.watch.see(value for value in attrs or () if isinstance(value, float))
        for one, tag in zip(inputs, tags, strict=True):
            if tag is not None and one.dtype.is_floating and one.shape.num_elements() == 1:
                exact = getattr(tag, "exact", None)
                value = one if exact is None else exact
                self.watch.see(np.asarray(value, np.float64).ravel().tolist())
