"""Training mode of a TensorFlow side: Keras layers in training, and dropout's masks handed in.

Every dropout of TensorFlow, Keras 2 and Keras 3 ends in one function of `tf.nn`, where the uniform
numbers are replaced. Other random operations are noticed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
from tensorflow.python.ops import (
    gen_random_ops,
    gen_stateful_random_ops,
    gen_stateless_random_ops,
    gen_stateless_random_ops_v2,
    nn_ops,
)

from parity.arrays import Array, Arrays
from parity.declaring.port import Built
from parity.declaring.trace import Task
from parity.declaring.training_mode import MaskChange, Trained, training_mode
from parity.runners.tensorflow import tf
from parity.runners.tensorflow.keras_dtype import is_keras3, loaded_keras
from parity.runners.tensorflow.keras_layers import tensorflow_variable
from parity.runners.training_session import (
    MaskSource,
    find_objects,
    numbers_of,
    state_after,
    states_after_steps,
)

_RANDOM = (
    gen_random_ops,
    gen_stateful_random_ops,
    gen_stateless_random_ops,
    gen_stateless_random_ops_v2,
)
# Operations that draw nothing: they return seeds, counters or algorithms.
_NOT_RANDOM = ("get_", "rng_", "skip", "batch_norm")


class TrainingSession:
    """A side in training mode, from its building to its last step."""

    def __init__(self, role: str, task: Task, numbers: Callable[[Any], Array]) -> None:
        assert task.training is not None
        self._role, self._task, self._convert = role, task, numbers
        self._masks = MaskSource(task.training, role, task.seed)
        self._depth = 0
        self._norms = 0
        self._step = 1
        self._unmapped: tuple[str, ...] = ()

    @contextmanager
    def building(self) -> Iterator[None]:
        """Let the factory know that it builds for training."""
        with training_mode():
            yield

    @contextmanager
    def calling(self, built: Built) -> Iterator[None]:
        """Call every layer in training, eagerly; restore all variables afterwards."""
        # The layers of Keras 3 are no tf.Modules.
        kinds = (tf.Module, *(keras.layers.Layer for keras in loaded_keras()))
        modules = find_objects(built.call, kinds)
        held = {id(v): v for module in modules for v in _variables(module)}
        held |= {id(v): v for v in built.parameters.values()}
        before = {key: variable.numpy() for key, variable in held.items()}
        for module in modules:
            _forget_masks(module)
        with ExitStack() as undone:
            eagerly = tf.config.functions_run_eagerly()
            undone.callback(tf.config.run_functions_eagerly, eagerly)
            tf.config.run_functions_eagerly(True)
            undone.enter_context(training_mode())
            self._replace(undone, nn_ops, "_dropout", self._dropout)
            for keras in loaded_keras():
                self._in_training(undone, keras)
            for module in _RANDOM:
                for name in _drawing(module):
                    self._replace(undone, module, name, self._noting(name))
            try:
                yield
                self._unmapped = _changed(held, before, built)
            finally:
                for key, variable in held.items():
                    variable.assign(before[key])
                for found in modules:
                    _forget_masks(found)

    @staticmethod
    def _replace(
        undone: ExitStack, owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]
    ) -> None:
        """Replace a function by what `make` makes of it, until the session is over."""
        original = getattr(owner, name)
        undone.callback(setattr, owner, name, original)
        setattr(owner, name, make(original))

    def _dropout(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Return a dropout that takes its numbers from the session."""

        def dropout(x: Any, rate: Any, noise_shape: Any, uniform_sampler: Any, *rest: Any) -> Any:
            number = float(rate)
            change: list[MaskChange | None] = []

            def sampler(shape: Any, dtype: Any) -> Any:
                size = tuple(int(n) for n in shape)
                numbers, hypothesis = self._masks.draw(number, size, lambda: self._convert(x))
                change.append(hypothesis)
                return tf.cast(tf.constant(numbers), dtype)

            out = original(x, rate, noise_shape, sampler, *rest)
            if change and change[0] is not None and change[0].rate is None:
                return tf.identity(x)
            return out

        def by_name(**given: Any) -> Any:
            names = ("x", "rate", "noise_shape", "uniform_sampler")
            rest = [given[name] for name in ("dummy_rng_step", "name", "default_name")]
            return dropout(*(given[name] for name in names), *rest)

        def called(*args: Any, **given: Any) -> Any:
            return dropout(*args) if args else by_name(**given)

        return called

    def _in_training(self, undone: ExitStack, keras: ModuleType) -> None:
        """Make layers that are called from outside of any layer run in training."""
        if is_keras3(keras):
            from keras.src.backend.common import global_state
            from keras.src.layers.layer import CallContext

            def enter() -> None:
                context = CallContext(entry_layer=None)
                context.set_value("training", True)
                global_state.set_global_attribute("current_call_ctx", context)

            def leave() -> None:
                global_state.set_global_attribute("current_call_ctx", None)
        else:
            from tf_keras.src import backend
            from tf_keras.src.layers.normalization import batch_normalization

            scope = backend.deprecated_internal_learning_phase_scope(1)
            undone.enter_context(scope)
            kind = batch_normalization.BatchNormalizationBase
            self._replace(undone, kind, "call", self._norm_called)
            self._replace(undone, kind, "_assign_moving_average", self._averaged)

            def enter() -> None:
                return None

            leave = enter
        self._replace(
            undone,
            keras.layers.Layer,
            "__call__",
            lambda original: self._layer_called(original, enter, leave),
        )

    def _layer_called(
        self, original: Callable[..., Any], enter: Callable[[], None], leave: Callable[[], None]
    ) -> Callable[..., Any]:
        def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
            outer = self._depth == 0
            if outer:
                flag = kwargs.get("training")
                if flag is not None and not tf.is_tensor(flag) and not flag:
                    self._masks.frozen.append(layer.name)
                enter()
            self._depth += 1
            try:
                return original(layer, *args, **kwargs)
            finally:
                self._depth -= 1
                if outer:
                    leave()

        return called

    def _norm_called(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Note which BatchNormalizations of Keras 2 are fused, and which should be."""

        def call(layer: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            fused = self._task.training.fused if self._task.training else ()
            place = self._norms
            self._norms += 1
            if self._step == 1:
                self._masks.fused.append(bool(layer.fused))
            wanted = place < len(fused) and fused[place] and not layer.fused
            object.__setattr__(layer, "_parity_inputs", inputs if wanted else None)
            return original(layer, inputs, *args, **kwargs)

        return call

    @staticmethod
    def _averaged(original: Callable[..., Any]) -> Callable[..., Any]:
        """Make the running variance unbiased where the layer does that in float32."""

        def assign(layer: Any, variable: Any, value: Any, *rest: Any) -> Any:
            inputs = getattr(layer, "_parity_inputs", None)
            if inputs is not None and variable is layer.moving_variance:
                count = tf.size(inputs) // tf.size(variable)
                value = value * tf.cast(count, value.dtype) / tf.cast(count - 1, value.dtype)
            return original(layer, variable, value, *rest)

        return assign

    def _noting(self, name: str) -> Callable[[Any], Callable[..., Any]]:
        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*args: Any, **kwargs: Any) -> Any:
                self._masks.random = self._masks.random or name
                return original(*args, **kwargs)

            return noted

        return make

    def finish(self, built: Built, again: Callable[[], object]) -> Arrays:
        """Return the weights that training changes, after each of the steps."""

        def step() -> None:
            self._step, self._norms = self._step + 1, 0
            again()

        return states_after_steps(self._task, self._masks, partial(self._state, built), step)

    def _state(self, built: Built, step: int) -> Arrays:
        return state_after(
            self._role, self._task, numbers_of(built.parameters, self._convert), step
        )

    @property
    def trained(self) -> Trained:
        """Return what the run found."""
        return self._masks.trained(self._unmapped)


def _changed(held: dict[int, Any], before: dict[int, Array], built: Built) -> tuple[str, ...]:
    """Name the floating variables that are not among the parameters and that have changed."""
    mapped = {id(value) for value in built.parameters.values()}
    return tuple(
        variable.name
        for key, variable in held.items()
        if key not in mapped
        and variable.dtype.is_floating
        and not np.array_equal(variable.numpy(), before[key], equal_nan=True)
    )


def _variables(module: Any) -> Sequence[Any]:
    """Return a module's variables; Keras 3 wraps those of TensorFlow."""
    return [tensorflow_variable(v) for v in module.variables]


def _forget_masks(module: Any) -> None:
    """Make recurrent cells draw new masks: they keep those of their first call."""
    flat = getattr(module, "_flatten_layers", None)
    for part in flat() if flat else (module, *module.submodules):
        for name in ("reset_dropout_mask", "reset_recurrent_dropout_mask"):
            forget = getattr(part, name, None)
            if callable(forget):
                forget()


def _drawing(module: ModuleType) -> list[str]:
    """Name the functions of a module that draw random numbers."""
    return [
        name
        for name, value in vars(module).items()
        if callable(value)
        and getattr(value, "__module__", None) == module.__name__
        and any(word in name for word in ("random", "multinomial", "uniform", "normal", "gamma"))
        and not name.startswith(("_", *_NOT_RANDOM))
        and not name.endswith(("_eager_fallback", "_grad"))
        and "get_" not in name
        and name[0].islower()
    ]
