"""What a gMVP model is built from: the original's JSON keys, and one of ours.

This module imports nothing heavy, so that commands can read a configuration before PyTorch loads.
"""

import difflib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

WINDOW = 129
CENTER = 64
SPECIES = 200
RESIDUE_STATES = 21
FEATURE_COLUMNS = 435

_CHOICES = {
    "attn_score_type": ("add", "nn", "dot"),
    "pairwise_type": ("none", "fre", "cov", "cov_all", "inv_cov"),
    "weighting_schema": ("spe", "none"),
    "pairwise_norm": ("released", "paper"),
}
_SIZES = ("d_fc", "d_model", "num_heads")


class ConfigError(ValueError):
    """A configuration that is not one of gMVP's; the message names key and value."""


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
        for key, allowed in _CHOICES.items():
            value = getattr(self, key)
            if value not in allowed:
                raise ConfigError(f"{key} is {value!r}; allowed: {', '.join(allowed)}")
        for key in _SIZES:
            value = getattr(self, key)
            if type(value) is not int or value < 1:
                raise ConfigError(f"{key} is {value!r}; allowed: a whole number, 1 or more")
        rate = self.dropout_rate
        if type(rate) not in (int, float) or not 0 <= rate < 1:
            raise ConfigError(f"dropout_rate is {rate!r}; allowed: a number from 0 to below 1")
        if self.d_model % self.num_heads:
            raise ConfigError(
                f"d_model is {self.d_model}, which num_heads {self.num_heads} does not divide"
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ModelConfig":
        """Make a configuration from the keys of a "model" section; absent keys take the default.

        Raises:
            ConfigError: an unknown key (the nearest known one is named), or a value refused.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(f"the model configuration is {values!r}; expected keys with values")
        known = [field.name for field in fields(cls)]
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
                raise ConfigError(f"unknown model key {key!r}; {hint}")
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
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; expected a JSON file") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON ({error})") from None
    if not isinstance(document, dict) or not isinstance(document.get("model"), dict):
        raise ConfigError(
            f'{path}: no "model" section; expected {{"model": {{"d_model": 512, ...}}}}'
        )
    try:
        return ModelConfig.from_dict(document["model"])
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
