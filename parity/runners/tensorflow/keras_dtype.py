"""Keras' default dtype, set while a side is built and run.

A layer created inside a call takes the default at that moment: without this, it would compute in
float32 in the float64 run.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def default_dtype(dtype: str) -> Iterator[None]:
    """Set the default dtype of each Keras that is loaded for the duration of the block."""
    loaded = loaded_keras()
    before = [
        # Keras 3 creates layers by its policy, Keras 2 by its default dtype.
        (keras, keras.backend.floatx(), keras.config.dtype_policy() if is_keras3(keras) else None)
        for keras in loaded
    ]
    for keras in loaded:
        _set(keras, dtype, dtype)
    try:
        yield
    finally:
        for keras, floatx, policy in before:
            _set(keras, floatx, policy)


def loaded_keras() -> list[ModuleType]:
    """Return Keras 2 (tf_keras) and Keras 3, each if it is imported already."""
    return [sys.modules[name] for name in ("tf_keras", "keras") if name in sys.modules]


def is_keras3(keras: ModuleType) -> bool:
    """Return whether a loaded Keras is Keras 3, not Keras 2."""
    return hasattr(keras, "config")


def _set(keras: ModuleType, floatx: str, policy: object) -> None:
    keras.backend.set_floatx(floatx)
    if is_keras3(keras):
        # Keras 3 keeps the policy that it first derived from its default dtype.
        keras.config.set_dtype_policy(policy)
