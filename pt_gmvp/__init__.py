"""gMVP in PyTorch: `GMVP.from_pretrained(folder)` loads a model, `model(...)` runs it.

Importing the package is cheap: PyTorch is imported when a name that needs it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pt_gmvp.config import ConfigError, ModelConfig, load_config
    from pt_gmvp.model import GMVP
    from pt_gmvp.pretrained import PretrainedError
    from pt_gmvp.residues import ResidueCodeError

__all__ = [
    "GMVP",
    "ConfigError",
    "ModelConfig",
    "PretrainedError",
    "ResidueCodeError",
    "load_config",
]

_HOME = {
    "GMVP": "pt_gmvp.model",
    "ConfigError": "pt_gmvp.config",
    "ModelConfig": "pt_gmvp.config",
    "PretrainedError": "pt_gmvp.pretrained",
    "ResidueCodeError": "pt_gmvp.residues",
    "load_config": "pt_gmvp.config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
