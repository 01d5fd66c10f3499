"""What a gMVP model is built from: the original's JSON keys, and one of ours.

This module imports nothing heavy, so that commands can read a configuration before PyTorch loads.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converters.model_config import ConfigError, check, read_config

__all__ = ["ConfigError", "ModelConfig", "load_config"]

WINDOW = 129
CENTER = 64
SPECIES = 200
RESIDUE_STATES = 21
FEATURE_COLUMNS = 435


@dataclass(frozen=True)
class ModelConfig:
    """The configuration of one model, by default the released one.

    Seven keys are the original's own. `pairwise_norm` is ours: which squares the last column of the
    `cov` features sums, "released" all 21 x 21, "paper" (doi:10.1038/s42256-022-00561-w) those of
    the 20 x 20 amino acids, the gap left out.

    Raises:
        ConfigError: a value of a wrong type, or outside of what is allowed.
    """

    dropout_rate: float = 0.4
    attn_score_type: str = "add"
    pairwise_type: str = "cov"
    weighting_schema: str = "spe"
    d_fc: int = 512
    d_model: int = 512
    num_heads: int = 4
    pairwise_norm: str = "released"

    def __post_init__(self) -> None:
        check(asdict(self))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """Make a configuration from the keys of a "model" section; absent keys take the default.

        Raises:
            ConfigError: an unknown key (the nearest known one is named), or a value refused.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(f"the model configuration is {values!r}; expected keys with values")
        check(values)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """All eight keys with their values, as `from_dict` takes them."""
        return asdict(self)


def load_config(path: str | Path) -> ModelConfig:
    """Read the "model" section of one of the original's JSON files; other sections are left alone.

    Raises:
        ConfigError: no such file, not JSON, no "model" section, or a key or value refused.
    """
    try:
        return ModelConfig.from_dict(read_config(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; expected a JSON file") from None
    except ConfigError as error:
        where = "" if str(error).startswith(f"{path}: ") else f"{path}: "
        raise ConfigError(f"{where}{error}") from None
