"""Settings of a gMVP model and their allowed values: the original's seven and one of ours.

The port's ModelConfig is built from this module.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converters.columns import RESIDUE_STATES
from converters.config_file import ConfigError, check_key, read_config_file

__all__ = [
    "CHOICES",
    "DEFAULTS",
    "PAIRWISE_COLUMNS",
    "SIZES",
    "Config",
    "ConfigError",
    "check",
    "check_key",
    "check_whole",
    "complete",
    "read_config",
]

Config = Mapping[str, Any]

DEFAULTS: dict[str, Any] = {
    "dropout_rate": 0.4,
    "attn_score_type": "add",
    "pairwise_type": "cov",
    "weighting_schema": "spe",
    "d_fc": 512,
    "d_model": 512,
    "num_heads": 4,
    "pairwise_norm": "released",
}
"""The released model's settings, and `pairwise_norm`, which the original does not have."""

CHOICES = {
    "attn_score_type": ("add", "nn", "dot"),
    "pairwise_type": ("none", "fre", "cov", "cov_all", "inv_cov"),
    "weighting_schema": ("spe", "none"),
    "pairwise_norm": ("released", "paper"),
}
SIZES = ("d_fc", "d_model", "num_heads")
_PAIRS = RESIDUE_STATES**2
PAIRWISE_COLUMNS = {"fre": _PAIRS, "cov": _PAIRS + 1, "inv_cov": _PAIRS}
"""Width of the pairwise encoding's input, for the types that make a whole model."""


def check(config: Config) -> None:
    """Check the given settings of a model or of one of its layers; others may be missing.

    Raises:
        ConfigError: names the setting, its value and the allowed values.
    """
    for key, value in config.items():
        check_key("model", key, DEFAULTS)
        if key in CHOICES and value not in CHOICES[key]:
            raise ConfigError(f"{key} is {value!r}; allowed: {', '.join(CHOICES[key])}")
        if key in SIZES and (type(value) is not int or value < 1):
            raise ConfigError(f"{key} is {value!r}; allowed: a whole number, 1 or more")
        if key == "dropout_rate" and (type(value) not in (int, float) or not 0 <= value < 1):
            raise ConfigError(f"{key} is {value!r}; allowed: a number from 0 to below 1")
    d_model, heads = config.get("d_model", 0), config.get("num_heads", 1)
    if d_model % heads:
        raise ConfigError(f"d_model is {d_model}, which is not a multiple of num_heads {heads}")


def check_whole(config: Config) -> None:
    """Check the given settings of a whole model.

    Raises:
        ConfigError: as `check`, and for a pairwise type that only a lone EvolEncoder can have.
    """
    check(config)
    pairwise_type = config.get("pairwise_type", DEFAULTS["pairwise_type"])
    if pairwise_type not in PAIRWISE_COLUMNS:
        raise ConfigError(
            f"pairwise_type {pairwise_type!r} is not available in a whole model, so there are no"
            f" weights to convert; allowed: {', '.join(PAIRWISE_COLUMNS)}"
        )


def complete(config: Config) -> dict[str, Any]:
    """Check the settings of a whole model and fill in the released defaults.

    Raises:
        ConfigError: names the setting, its value and the allowed values.
    """
    full = {**DEFAULTS, **config}
    check_whole(full)
    return full


def read_config(path: str | Path) -> dict[str, Any]:
    """Read the `model` section of a configuration file, with its values unchecked.

    Comments and the keys that the original never reads are left out.

    Raises:
        ConfigError: as `read_config_file`, and for a file without a `model` section.
        OSError: the file cannot be read.
    """
    content = read_config_file(path).sections
    if not isinstance(content.get("model"), dict):
        raise ConfigError(
            f'{path}: no "model" section; expected {{"model": {{"d_model": 512, ...}}}}'
        )
    return dict(content["model"])
