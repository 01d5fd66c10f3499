"""gMVP on TensorFlow and tf_keras (Keras 2): the reference that a port is compared against.

Importing the package is cheap: TensorFlow is imported when a name that needs it is first used.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "ConfigError": "config",
    "ModelConfig": "config",
    "TrainingConfig": "config",
    "load_config": "config",
    "EvolEncoder": "evol_encoder",
    "MultiHeadAttention": "attention",
    "GRUCell": "gru",
    "GMVP": "model",
    "build": "model",
}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    """Import the module that defines `name` on first access (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
