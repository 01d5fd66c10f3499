"""Operations of TensorFlow with their tensors, seen one at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.declaring.operation_watch import OperationWatch, SeenOperation
from parity.runners.constants import user_source
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.constants import OF_SHAPES, TAG, ConstantTracker, is_constant


class OperationTracker(ConstantTracker):
    """Every operation on data of a forward run, written down."""

    def __init__(self, watch: OperationWatch) -> None:
        super().__init__(watch)
        self.watch = watch
        # Tensors by identity; kept, so that no other one takes the identity of one that is gone.
        self._numbers: dict[int, tuple[tf.Tensor, int]] = {}
        self._variables: dict[int, tf.Tensor] = {}
        # Numbers of tensors that data picked from constants: these depend on data too.
        self._picked: set[int] = set()

    def _operate(
        self,
        kind: str,
        inputs: Sequence[Any],
        attrs: Sequence[Any] | None,
        run: Callable[..., list[tf.Tensor]],
    ) -> Any:
        outputs = super()._operate(kind, inputs, attrs, run)
        if not (self.paused or self.is_building or self._differentiating or self.watch.overflowed):
            self._write_down(kind, inputs, outputs, attrs)
        return outputs

    def _write_down(
        self, kind: str, inputs: Sequence[Any], outputs: Any, attrs: Sequence[Any] | None
    ) -> None:
        if kind == "ResourceGather":
            inputs = [self._read(inputs[0], outputs[0].dtype), inputs[1]]
        tensors = [*inputs, *outputs] if isinstance(outputs, list) else []
        if not tensors or not all(_is_numeric(tensor) for tensor in tensors):
            return
        if kind in OF_SHAPES or (is_constant(kind, inputs) and not any(map(self._is_data, inputs))):
            return
        for tensor in outputs:
            if getattr(tensor, TAG, None) is not None:
                self._picked.add(self._number(tensor, picked=True))
        given = list(attrs or ())
        self.watch.add_operation(
            SeenOperation(
                kind,
                tuple(self._number(tensor) for tensor in inputs),
                tuple(self._number(tensor) for tensor in outputs),
                {name: _plain(value) for name, value in zip(given[::2], given[1::2], strict=True)},
                *user_source(),
            )
        )

    def _read(self, handle: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
        """Return what a variable holds, from which rows are gathered without reading it whole."""
        if id(handle) not in self._variables:
            with self.given():
                self._variables[id(handle)] = tf.raw_ops.ReadVariableOp(
                    resource=handle, dtype=dtype
                )
        return self._variables[id(handle)]

    def _is_data(self, tensor: tf.Tensor) -> bool:
        """Return whether a tensor depends on an input or weight."""
        if getattr(tensor, TAG, None) is None:
            return True
        held = self._numbers.get(id(tensor))
        return held is not None and held[1] in self._picked

    def _number(self, tensor: tf.Tensor, picked: bool = False) -> int:
        held = self._numbers.get(id(tensor))
        if held is None:
            tag = getattr(tensor, TAG, None)
            exact = getattr(tag, "exact", None)
            values = tensor.numpy() if exact is None else exact
            number = self.watch.add_tensor(np.asarray(values), tag is not None and not picked)
            held = self._numbers[id(tensor)] = (tensor, number)
        return held[1]


def _is_numeric(tensor: object) -> bool:
    return (
        isinstance(tensor, tf.Tensor)
        and (tensor.dtype.is_numpy_compatible)
        and (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool)
    )


def _plain(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value
