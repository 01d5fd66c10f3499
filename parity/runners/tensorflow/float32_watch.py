"""Operations of TensorFlow that compute in float32 in a float64 run, seen one by one."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.declaring.float32_watch import Float32Watch
from parity.runners.constants import user_line
from parity.runners.quiet import quiet
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.constants import ConstantTracker, is_constant

with quiet():
    from tensorflow.python.eager import context
    from tensorflow.python.framework import ops

# They compute places in the image, or running sums over time, within one operation.
_IN_STEPS = ("Resize", "CropAndResize", "ScaleAndTranslate", "ImageProjective", "CTC")
# These move elements, and compute nothing.
_MOVES: tuple[str, ...] = (
    "Identity",
    "Reshape",
    "Transpose",
    "ExpandDims",
    "Squeeze",
    "Pack",
    "Unpack",
    "Split",
)
_MOVES += ("ConcatV2", "StridedSlice", "Slice", "GatherV2", "Tile", "Pad", "ReadVariableOp")


class Float32Tracker(ConstantTracker):
    """Every operation of a run; those in float32 on data are noted, and perturbed if asked."""

    def __init__(self, watch: Float32Watch) -> None:
        super().__init__(watch)
        self.watch = watch

    def _operate(
        self,
        kind: str,
        inputs: Sequence[Any],
        attrs: Sequence[Any] | None,
        run: Callable[..., list[tf.Tensor]],
    ) -> Any:
        constant = is_constant(kind, inputs)
        outputs = super()._operate(kind, inputs, attrs, run)
        if self.paused or self.is_building or constant or not isinstance(outputs, list):
            return outputs
        # Without casts, what was in float32 has been taken in float64.
        given = () if self.watch.without_casts else inputs
        if kind.startswith(_MOVES) or not _in_float32(kind, given, outputs):
            return outputs
        if all(self._is_exact(kind, inputs, output) for output in outputs):
            return outputs
        self.watch.see(kind, user_line(), self._differentiating)
        if not self.watch.seed:
            return outputs
        longest = max((n for t in (*inputs, *outputs) for n in _shape(t)), default=1)
        steps = longest if kind.startswith(_IN_STEPS) else 1
        return [self._perturbed(output, steps) for output in outputs]

    def _is_exact(self, kind: str, inputs: Sequence[Any], output: Any) -> bool:
        if output.dtype not in (tf.float32, tf.float64):
            return True
        values = np.asarray(output)
        if kind == "Cast" and self.watch.is_exact(values, np.asarray(inputs[0])):
            return True
        return self.watch.is_exact(values)

    def _perturbed(self, output: Any, steps: int) -> Any:
        if output.dtype not in (tf.float32, tf.float64):
            return output
        moved = self.watch.perturbed(np.asarray(output), steps)
        device = context.context().device_name
        return ops.EagerTensor(moved, device, output.dtype.as_datatype_enum)


def _in_float32(kind: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> bool:
    """Return whether an operation rounds to float32; a cast to float64 does not."""
    if any(output.dtype == tf.float32 for output in outputs):
        return True
    single = any(getattr(one, "dtype", None) == tf.float32 for one in inputs)
    return kind != "Cast" and single and any(o.dtype == tf.float64 for o in outputs)


def _shape(tensor: Any) -> tuple[int, ...]:
    floating = getattr(getattr(tensor, "dtype", None), "is_floating", False)
    return tuple(tensor.shape) if floating else ()
