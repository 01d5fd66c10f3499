"""Keras' default dtype, held while a side is made and run.

A layer that is made inside of a call takes the default of that moment. Were it not held then too,
such a layer would compute in float32 in the float64 run.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def default_dtype(dtype: str) -> Iterator[None]:
    """Let layers that do not say otherwise be made in `dtype`, in each Keras that is loaded."""
    loaded = [sys.modules[name] for name in ("tf_keras", "keras") if name in sys.modules]
    before = [(module, module.backend.floatx(), _policy(module)) for module in loaded]
    for module in loaded:
        _set(module, dtype, dtype)
    try:
        yield
    finally:
        for module, floatx, policy in before:
            _set(module, floatx, policy)


def _policy(keras: Any) -> Any:
    """What Keras 3 makes layers in; Keras 2 follows its default dtype."""
    return keras.config.dtype_policy() if hasattr(keras, "config") else None


def _set(keras: Any, floatx: str, policy: Any) -> None:
    keras.backend.set_floatx(floatx)
    if hasattr(keras, "config"):
        # Keras 3 keeps the policy that it first made of its default dtype.
        keras.config.set_dtype_policy(policy)
