"""How a pre-training is run: the keys of the "pretrain" section of a JSON file.

This module imports nothing heavy, so that the command can read it before PyTorch loads.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from pt_gmvp.config import ConfigError

SECTION = "pretrain"


@dataclass(frozen=True)
class PretrainSettings:
    """How a model is pre-trained.

    Args:
        gap: predict 21 states, the gap among them; else the 20 amino acids, shares of those there.
        derived: show the neighbours' profile and structure, which programs made of the whole
            sequence, the hidden position included. By default nothing is seen that was.
        count_weight: of the loss of missense counts, beside that of residues; 0 leaves it out.
        frequency_weight: the same of allele frequencies.
        learning_rate, end_learning_rate, warmup_steps, decay_steps: as `gmvp train` has them.
        batch_size: positions in a step.
        epoch_size: positions in an epoch, drawn from all of the training proteins'.
        validation_size: positions of the held-out proteins that each epoch is judged by, at most.
        max_epochs: the most epochs.
        patience: epochs without a better validation after which to stop.
        validation_share: of the proteins, held out.

    Raises:
        ConfigError: a value of a wrong type, or outside of what is allowed.
    """

    gap: bool = False
    derived: bool = False
    count_weight: float = 0.1
    frequency_weight: float = 0.1
    learning_rate: float = 1e-3
    end_learning_rate: float = 1e-4
    warmup_steps: int = 100
    decay_steps: int = 2000
    batch_size: int = 64
    epoch_size: int = 16384
    validation_size: int = 8192
    max_epochs: int = 50
    patience: int = 5
    validation_share: float = 0.2

    def __post_init__(self) -> None:
        for field in fields(self):
            allowed = _refused(field.name, getattr(self, field.name), field.type)
            if allowed:
                value = getattr(self, field.name)
                raise ConfigError(f"{SECTION}: {field.name} is {value!r}; allowed: {allowed}")

    def to_dict(self) -> dict[str, Any]:
        """All keys with their values."""
        return asdict(self)


def load_settings(path: str | Path) -> PretrainSettings:
    """Read the "pretrain" section of a JSON file; absent keys, or no section, take the defaults.

    Raises:
        ConfigError: no such file, not JSON, or a key or value refused.
    """
    try:
        content = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; expected a JSON file") from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON ({error})") from None
    section = content.get(SECTION, {}) if isinstance(content, Mapping) else {}
    if not isinstance(section, Mapping):
        raise ConfigError(f"{path}: {SECTION} is {section!r}; expected keys with values")
    known = [field.name for field in fields(PretrainSettings)]
    for key in section:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            raise ConfigError(f"{path}: unknown {SECTION} key {key!r}; {hint}")
    try:
        return PretrainSettings(**section)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _refused(name: str, value: Any, kind: Any) -> str | None:
    """Say what is allowed, if the value is not."""
    if kind is bool:
        return None if type(value) is bool else "true or false"
    if kind is int:
        # A warm-up may be none at all.
        least = 0 if name == "warmup_steps" else 1
        fits = type(value) is int and value >= least
        return None if fits else f"a whole number, {least} or more"
    number = type(value) in (int, float) and isfinite(value)
    if name == "validation_share":
        return None if number and 0 < value < 1 else "a number between 0 and 1"
    if name == "learning_rate":
        return None if number and value > 0 else "a number above 0"
    return None if number and value >= 0 else "a number, 0 or more"
