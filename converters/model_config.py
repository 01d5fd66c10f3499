"""The seven settings of a gMVP model as the weights' shapes depend on them."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    "pairwise_type": ("fre", "cov", "cov_all", "inv_cov", "none"),
    "weighting_schema": ("spe", "none"),
    "pairwise_norm": ("released", "paper"),
}
PAIRWISE_COLUMNS = {"fre": 441, "cov": 442, "inv_cov": 441}
"""Width of the pairwise encoding's input, for the types that make a whole model."""


class ConfigError(ValueError):
    """A setting that is unknown, of the wrong type, or not allowed."""


def complete(config: Config) -> dict[str, Any]:
    """Check a model configuration and fill in the released defaults.

    Raises:
        ConfigError: Naming the setting, what was found and what is allowed.
    """
    check_settings(config)
    full = {**DEFAULTS, **config}
    if full["d_model"] % full["num_heads"]:
        raise ConfigError(
            f"d_model {full['d_model']} cannot be shared by num_heads {full['num_heads']}"
        )
    return full


def check_settings(config: Config) -> None:
    """Check settings one by one, whichever are given; raises ConfigError as `complete` does."""
    for key in config:
        if key not in DEFAULTS:
            near = difflib.get_close_matches(str(key), DEFAULTS, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(DEFAULTS)}"
            raise ConfigError(f"unknown model setting {key!r}{hint}")
    full = {**DEFAULTS, **config}
    for key, choices in CHOICES.items():
        if full[key] not in choices:
            raise ConfigError(f"{key} is {full[key]!r}, allowed are {', '.join(choices)}")
    for key in ("d_fc", "d_model", "num_heads"):
        if type(full[key]) is not int or full[key] < 1:
            raise ConfigError(f"{key} is {full[key]!r}, expected a whole number of at least 1")
    rate = full["dropout_rate"]
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise ConfigError(f"dropout_rate is {rate!r}, expected a number from 0 to below 1")
    if full["pairwise_type"] not in PAIRWISE_COLUMNS:
        raise ConfigError(
            f"pairwise_type {full['pairwise_type']!r} makes no whole model, so there are no weights"
            f" to convert; allowed are {', '.join(PAIRWISE_COLUMNS)}"
        )


def read_config(path: str | Path) -> dict[str, Any]:
    """Read the `model` section of a configuration file, unchanged and unchecked.

    Raises:
        ConfigError: The file is not JSON or has no `model` section.
        OSError: The file cannot be read.
    """
    try:
        content = json.loads(Path(path).read_bytes())
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON ({error})") from None
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise ConfigError(f'{path}: expected an object with a section {{"model": {{...}}}}')
    return dict(content["model"])
