"""Settings of a pre-training: the "pretrain" section of a JSON file.

Nothing heavy is imported here, so that the command can read them before PyTorch loads.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converters.model_config import ConfigError, check_key
from pt_gmvp.sections import (
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    SWITCH,
    check_values,
    read_sections,
    whole,
)

SECTION = "pretrain"
_RULES = {
    "gap": SWITCH,
    "derived": SWITCH,
    "count_weight": NOT_NEGATIVE,
    "frequency_weight": NOT_NEGATIVE,
    "learning_rate": POSITIVE,
    "end_learning_rate": NOT_NEGATIVE,
    "warmup_steps": whole(0),
    "decay_steps": whole(1),
    "batch_size": whole(1),
    "epoch_size": whole(1),
    "validation_size": whole(1),
    "max_epochs": whole(1),
    "patience": whole(1),
    "validation_share": SHARE,
}


@dataclass(frozen=True)
class PretrainSettings:
    """How a model is pre-trained.

    Args:
        gap: predict 21 states, the gap among them; else shares of the 20 amino acids.
        derived: show the neighbours' profile and structure, which programs computed from the whole
            sequence, the hidden position included; by default they are hidden.
        count_weight: weight of the loss of missense counts, relative to that of residues; 0 omits
            it.
        frequency_weight: the same for allele frequencies.
        learning_rate, end_learning_rate, warmup_steps, decay_steps: as in `gmvp train`.
        batch_size: positions in a step.
        epoch_size: positions in an epoch, drawn from all training positions.
        validation_size: maximum number of held-out positions to evaluate each epoch on.
        max_epochs: maximum number of epochs.
        patience: epochs without a better validation after which to stop.
        validation_share: share of the proteins to hold out.

    Raises:
        ConfigError: a value of the wrong type, or one that is not allowed.
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
        try:
            check_values(self, _RULES)
        except ConfigError as error:
            raise ConfigError(f"{SECTION}: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """Return all keys with their values."""
        return asdict(self)


def load_settings(path: str | Path) -> PretrainSettings:
    """Read the "pretrain" section of a JSON file; the default replaces what is absent.

    Raises:
        ConfigError: no such file, not JSON, or a key or value is refused.
    """
    section = read_sections(path).get(SECTION, {})
    if not isinstance(section, Mapping):
        raise ConfigError(f"{path}: {SECTION} is {section!r}; expected keys with values")
    try:
        for key in section:
            check_key(SECTION, key, _RULES)
        return PretrainSettings(**section)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
