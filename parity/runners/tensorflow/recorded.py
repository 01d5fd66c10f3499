"""Records of a layer's first call in TensorFlow: what it is given, and what it returns."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from parity.runners.tensorflow import tf
from parity.runners.whole_models import LayerCall, first_tensor

# Layers whose last step is their activation: the value before it can be compared with a Linear's.
_ACTIVATED = ("Dense", "EinsumDense", "Conv", "ConvTranspose", "DepthwiseConv", "SeparableConv")
TENSORS = (tf.Tensor, tf.Variable)

Calls = dict[str, LayerCall[tf.Tensor]]


@contextmanager
def recorded(path: str, layer: Any, calls: Calls) -> Iterator[None]:
    """Replace a layer's `call`, and its activation if that is its last step, to record them."""
    call, activation = layer.call, getattr(layer, "activation", None)
    before: list[tf.Tensor] = []
    kind = re.sub(r"[123]D", "", type(layer).__name__)

    def recording_call(*args: object, **kwargs: object) -> object:
        before.clear()
        returned = call(*args, **kwargs)
        # Keras calls some layers on symbolic tensors first, which have no values.
        if path not in calls and tf.executing_eagerly():
            tensors = [value for value in (*args, *kwargs.values()) if isinstance(value, TENSORS)]
            output = before[0] if before else first_tensor(returned, TENSORS)
            if output is not None:
                calls[path] = LayerCall(tensors, output)
        return returned

    def recording_activation(x: tf.Tensor, *args: object, **kwargs: object) -> object:
        before.append(x)
        return activation(x, *args, **kwargs)  # type: ignore[misc]

    replacements: dict[str, Callable[..., object]] = {"call": recording_call}
    if kind in _ACTIVATED and callable(activation):
        replacements["activation"] = recording_activation
    with ExitStack() as stack:
        for attribute, value in replacements.items():
            stack.callback(_restore, layer, attribute, vars(layer).get(attribute))
            object.__setattr__(layer, attribute, value)
        yield


def _restore(layer: object, attribute: str, value: object) -> None:
    if value is None:
        object.__delattr__(layer, attribute)
    else:
        object.__setattr__(layer, attribute, value)
