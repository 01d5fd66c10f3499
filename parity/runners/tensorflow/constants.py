"""TensorFlow's constants in a float64 run: made exact, or rounded to float32.

Every eager operation passes through here, those of the gradient as well (and tf.function runs
eagerly meanwhile). A tensor made from Python numbers or numpy arrays is a constant; so is the
result of an operation on nothing but constants, whose exact value is that operation in float64.
What depends on an input or a weight is data, and is never changed. Attributes of operations are
float32 by construction: leaky_relu's is undone when constants are exact.

Not covered: graphs that were traced before the run, such as a SavedModel's; their constants stay.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.arrays import Array
from parity.declaring.constants import ConstantChanges, round_to_float32
from parity.runners.constants import ChangingTracker, user_line
from parity.runners.quiet import quiet
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.widened import as_double, widened

with quiet():
    from tensorflow.python import pywrap_tfe
    from tensorflow.python.eager import core, execute
    from tensorflow.python.framework import constant_op, op_def_registry

TAG = "_parity_constant"
OF_SHAPES = ("Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike")
"""Operations whose results depend on no more than the shape of their input."""
# These pick elements of a table, and change none of them.
_PICKS = ("GatherV2", "Gather", "GatherNd", "StridedSlice", "SelectV2")
# What changes a variable.
_WRITES = ("Assign", "ResourceApply", "ResourceScatter", "ResourceStridedSliceAssign")


@dataclass
class _Constant:
    """Knowledge of a constant tensor.

    `exact` holds its values in float64 where the tensor itself has been rounded to float32;
    `where` is the line that states it; `used` the rounded tensor once it has met data.
    """

    exact: Array | None = None
    where: str = ""
    used: tf.Tensor | None = None


def _tag(tensor: object) -> _Constant | None:
    return getattr(tensor, TAG, None) if isinstance(tensor, tf.Tensor) else None


def _put_tag(tensor: object, constant: _Constant | None) -> None:
    setattr(tensor, TAG, constant)


class ConstantTracker(ChangingTracker):
    """Every operation of a run, with its constants in the state that `changes` asks for."""

    def __init__(self, changes: ConstantChanges) -> None:
        self.changes = changes
        self._differentiating = False
        self._convert: Callable[..., tf.Tensor] = constant_op.convert_to_eager_tensor

    @contextmanager
    def tracking(self) -> Iterator[None]:
        """See every operation of the block."""
        eagerly = tf.config.functions_run_eagerly()
        with ExitStack() as undone:
            undone.callback(tf.config.run_functions_eagerly, eagerly)
            tf.config.run_functions_eagerly(True)
            for module, name, instead in (
                (constant_op, "convert_to_eager_tensor", self._converted),
                (execute, "execute", self._execute),
                # Operations called from Python take a fast path in C++ that nothing can see.
                (pywrap_tfe, "TFE_Py_FastPathExecute", _no_fast_path),
            ):
                undone.callback(setattr, module, name, getattr(module, name))
                setattr(module, name, instead)
            yield

    @contextmanager
    def differentiating(self) -> Iterator[None]:
        """Take the block for differentiation: it has the forward pass' constants, in its state.

        Numbers of the derivative itself, such as erf's 2/sqrt(pi), are no constants of the model.
        """
        self._differentiating = True
        try:
            yield
        finally:
            self._differentiating = False

    def _converted(self, value: Any, ctx: Any, dtype: Any = None) -> tf.Tensor:
        tensor = self._convert(value, ctx, dtype)
        if self.paused or isinstance(value, tf.Tensor) or _tag(tensor) is not None:
            return tensor
        constant = _Constant()
        if tensor.dtype.is_floating:
            constant.where = user_line()
            exact = np.asarray(value)
            if tensor.dtype == tf.float32 and exact.dtype.kind in "fiu":
                wide = exact.astype(np.float64).reshape(tensor.shape)
                if not np.array_equal(wide, tensor.numpy(), equal_nan=True):
                    constant.exact = wide
        _put_tag(tensor, constant)
        return tensor

    def _execute(
        self,
        op_name: str | bytes,
        num_outputs: int,
        inputs: Sequence[Any],
        attrs: Sequence[Any] | None,
        ctx: Any,
        name: str | None = None,
    ) -> Any:
        def run(inputs: Sequence[Any], attrs: Sequence[Any] | None = attrs) -> list[tf.Tensor]:
            found: list[tf.Tensor] = execute.quick_execute(
                op_name, num_outputs, list(inputs), attrs, ctx, name
            )
            return found

        return self._operate(
            op_name.decode() if isinstance(op_name, bytes) else op_name, inputs, attrs, run
        )

    def _operate(
        self,
        kind: str,
        inputs: Sequence[Any],
        attrs: Sequence[Any] | None,
        run: Callable[..., list[tf.Tensor]],
    ) -> Any:
        """Run one operation, its constants in the state that `changes` asks for."""
        tags = [_tag(tensor) for tensor in inputs]
        if kind.startswith(_WRITES):
            # The handle remembers what its variable holds.
            of_value = tags[1] if kind == "AssignVariableOp" and not self.paused else None
            _put_tag(inputs[0], of_value)
        if self.paused:
            return run(inputs)
        if not self.is_building:
            self._look(kind, inputs, tags, attrs)
        if kind == "ReadVariableOp":
            outputs = run(inputs)
            _put_tag(outputs[0], tags[0])
            return outputs
        if _is_constant(kind, inputs, tags):
            return self._constants(kind, inputs, tags, attrs, run)
        if self.changes.without_casts and not self.is_building and not kind.startswith(_WRITES):
            inputs, attrs = widened(kind, inputs, _exact(tags), attrs)
        exact = self.changes.state == "exact" and not self.is_building
        if exact and kind in ("LeakyRelu", "LeakyReluGrad"):
            return self._leaky_relu(kind, inputs, attrs, run)
        return run(self._rounded(kind, inputs, tags), attrs)

    def _look(
        self,
        kind: str,
        inputs: Sequence[Any],
        tags: Sequence[_Constant | None],
        attrs: Sequence[Any] | None,
    ) -> None:
        """Look at an operation before it is run; an input without a tag is data."""

    def _constants(
        self,
        kind: str,
        inputs: Sequence[Any],
        tags: Sequence[_Constant | None],
        attrs: Sequence[Any] | None,
        run: Callable[..., list[tf.Tensor]],
    ) -> list[tf.Tensor]:
        """Run an operation on constants; where it ends in float64, it returns the exact values."""
        outputs = run(inputs)
        where = next((tag.where for tag in tags if tag is not None and tag.where), "")
        single = kind not in OF_SHAPES and any(one.dtype == tf.float32 for one in outputs)
        inexact = any(tag is not None and tag.exact is not None for tag in tags)
        wide: Sequence[Any] = [None] * len(outputs)
        if single or inexact:
            wide = _in_float64(kind, inputs, tags, attrs, run) or wide
        found = []
        for output, exact in zip(outputs, wide, strict=True):
            constant = _Constant(where=where)
            if exact is not None and output.dtype == tf.float32:
                constant.exact = exact.numpy()
            elif (
                exact is not None
                and output.dtype == tf.float64
                and self.changes.change(kind, exact.numpy(), output.numpy(), where)
            ):
                output = exact
            _put_tag(output, constant)
            found.append(output)
        return found

    def _rounded(
        self, kind: str, inputs: Sequence[Any], tags: Sequence[_Constant | None]
    ) -> list[Any]:
        """Return the inputs of an operation on data, its constants rounded if that is asked for."""
        if self.is_building or self.changes.state != "rounded":
            return list(inputs)
        return [
            self._rounded_once(kind, tensor, tag)
            if tag is not None and tensor.dtype == tf.float64
            else tensor
            for tensor, tag in zip(inputs, tags, strict=True)
        ]

    def _rounded_once(self, kind: str, tensor: tf.Tensor, tag: _Constant) -> tf.Tensor:
        if tag.used is None and not self._differentiating:
            exact = tensor.numpy()
            held = round_to_float32(exact)
            changed = self.changes.change(kind, exact, held, tag.where)
            tag.used = as_double(held) if changed else tensor
        return tensor if tag.used is None else tag.used

    def _leaky_relu(
        self,
        kind: str,
        inputs: Sequence[Any],
        attrs: Sequence[Any] | None,
        run: Callable[..., list[tf.Tensor]],
    ) -> list[tf.Tensor]:
        """Run leaky_relu with its slope in float64; as an attribute it is a float32."""
        given = list(attrs or ())
        slope = float(given[given.index("alpha") + 1])
        held = float(np.float32(slope))
        double = inputs[0].dtype == tf.float64
        if not double or not self.changes.change("LeakyRelu", np.array(slope), np.array(held)):
            return run(inputs)
        scaled, features = inputs[0], inputs[-1]
        with self.given():
            return [tf.where(features > 0, scaled, scaled * as_double(np.array(slope)))]


def is_constant(kind: str, inputs: Sequence[Any]) -> bool:
    """Return whether an operation's results depend on no input or weight."""
    return _is_constant(kind, inputs, [_tag(tensor) for tensor in inputs])


def _is_constant(kind: str, inputs: Sequence[Any], tags: Sequence[_Constant | None]) -> bool:
    """Return whether an operation's results depend on no input or weight."""
    if kind in OF_SHAPES:
        return True
    if kind in _PICKS and any(one.dtype.is_floating for one in inputs):
        tags = [tag for one, tag in zip(inputs, tags, strict=True) if one.dtype.is_floating]
    if any(tag is None for tag in tags) or not tags or "Random" in kind:
        return False
    definition = op_def_registry.get(kind)
    return definition is not None and not definition.is_stateful


def _exact(tags: Sequence[_Constant | None]) -> list[Array | None]:
    return [None if tag is None else tag.exact for tag in tags]


def _in_float64(
    kind: str,
    inputs: Sequence[Any],
    tags: Sequence[_Constant | None],
    attrs: Sequence[Any] | None,
    run: Callable[..., list[tf.Tensor]],
) -> list[tf.Tensor] | None:
    """Run an operation on the exact values; None if it has no float64 form."""
    try:
        return run(*widened(kind, inputs, _exact(tags), attrs))
    except (tf.errors.OpError, TypeError, ValueError):
        return None


def _no_fast_path(*args: object) -> object:
    raise core._FallbackException("constants are tracked")
