"""Numbers that operations of TensorFlow compare data with, seen one operation at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.declaring.boundary_watch import BoundaryWatch
from parity.runners.tensorflow.constants import ConstantTracker, has_tag

_COMPARE = {
    *("Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual", "Maximum", "Minimum"),
    *(
        "ClipByValue",
        "Bucketize",
        "LowerBound",
        "UpperBound",
        "FloorMod",
        "FloorDiv",
        "TruncateMod",
    ),
}
# Numbers that a kernel holds itself.
_OWN = {"Relu6": (6.0,)}


class BoundaryTracker(ConstantTracker):
    """Every operation of a run; those that compare data show what with."""

    def __init__(self, watch: BoundaryWatch) -> None:
        super().__init__(watch)
        self.watch = watch

    def _execute(
        self,
        op_name: str | bytes,
        num_outputs: int,
        inputs: Sequence[Any],
        attrs: Sequence[Any] | None,
        ctx: Any,
        name: str | None = None,
    ) -> Any:
        kind = op_name.decode() if isinstance(op_name, bytes) else op_name
        if not (self.paused or self.is_building):
            self.watch.see(_OWN.get(kind, ()))
            if kind in _COMPARE:
                self._see(inputs, attrs)
        return super()._execute(op_name, num_outputs, inputs, attrs, ctx, name)

    def _see(self, inputs: Sequence[Any], attrs: Sequence[Any] | None) -> None:
        given = list(attrs or ())
        if "boundaries" in given:
            self.watch.see(given[given.index("boundaries") + 1])
        for one in inputs:
            if has_tag(one) and one.dtype.is_numeric:
                self.watch.see(np.asarray(one, np.float64).ravel().tolist())
