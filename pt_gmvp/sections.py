"""Sections of a configuration file: reading them, and rules for their values.

Nothing heavy is imported here, so that commands can read a configuration before PyTorch loads.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from converters.config_file import ConfigError, ConfigFile, read_config_file

Rule = tuple[str, Callable[[Any], bool]]
"""Description of the allowed values, and a test of one."""


def _number(value: Any) -> bool:
    # JSON's true is a number in Python, but never meant as one.
    return type(value) in (int, float) and isfinite(value)


def whole(least: int) -> Rule:
    """Return the rule for a whole number from `least` on."""
    return f"a whole number, {least} or more", lambda value: type(value) is int and value >= least


def one_of(*allowed: str) -> Rule:
    """Return the rule for one of some words."""
    return ", ".join(allowed), lambda value: value in allowed


SWITCH: Rule = ("true or false", lambda value: type(value) is bool)
POSITIVE: Rule = ("a number above 0", lambda value: _number(value) and value > 0)
NOT_NEGATIVE: Rule = ("a number, 0 or more", lambda value: _number(value) and value >= 0)
SHARE: Rule = ("a number between 0 and 1", lambda value: _number(value) and 0 < value < 1)


def check_values(settings: object, rules: Mapping[str, Rule]) -> None:
    """Check each attribute against its rule.

    Raises:
        ConfigError: a rule is broken; names the attribute, its value, and what is allowed.
    """
    for key, (allowed, fits) in rules.items():
        value = getattr(settings, key)
        if not fits(value):
            raise ConfigError(f"{key} is {value!r}; allowed: {allowed}")


def read_sections(path: str | Path) -> Mapping[str, Any]:
    """Read the sections of a JSON file; there are none if it does not hold an object.

    Raises:
        ConfigError: no such file, not JSON, or a section of the original's has an unknown key.
    """
    return read_file(path).sections


def read_file(path: str | Path) -> ConfigFile:
    """Read a JSON file with its sections and the names of what nothing reads.

    Raises:
        ConfigError: as `read_sections`.
    """
    try:
        return read_config_file(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; expected a JSON file") from None
