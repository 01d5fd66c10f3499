"""Configuration of a gMVP model and its training: the original's JSON keys, and some of our own.

Nothing heavy is imported here, so that commands can read a configuration before PyTorch loads.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converters.config_file import TRAIN_KEYS
from converters.model_config import ConfigError, check, check_key, read_config
from pt_gmvp.sections import (
    NOT_NEGATIVE,
    POSITIVE,
    check_values,
    one_of,
    read_sections,
    whole,
)

__all__ = ["ConfigError", "ModelConfig", "TrainingConfig", "load_config", "load_training_config"]


@dataclass(frozen=True)
class ModelConfig:
    """Configuration of one model, by default the released one.

    Seven keys are the original's. `pairwise_norm` is ours: the squares that the last column of the
    `cov` features sums, "released" all 21 x 21, "paper" (doi:10.1038/s42256-022-00561-w) those of
    the 20 x 20 amino acids, without the gap.

    Raises:
        ConfigError: a value of the wrong type, or one that is not allowed.
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
            ConfigError: a key is unknown (the nearest known one is named), or a value is invalid.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(f"the model configuration is {values!r}; expected keys with values")
        check(values)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return all eight keys with their values, as `from_dict` accepts them."""
        return asdict(self)


def load_config(path: str | Path) -> ModelConfig:
    """Read the "model" section of one of the original's JSON files.

    Raises:
        ConfigError: no such file, not JSON, no "model" section, or a key or value is refused.
    """
    try:
        return ModelConfig.from_dict(read_config(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}; expected a JSON file") from None
    except ConfigError as error:
        where = "" if str(error).startswith(f"{path}: ") else f"{path}: "
        raise ConfigError(f"{where}{error}") from None


_RULES = {
    "optimizer": one_of("adam", "adamw"),
    "learning_rate": POSITIVE,
    "end_learning_rate": NOT_NEGATIVE,
    "warmup_steps": whole(0),
    "decay_steps": whole(1),
    "weight_decay": NOT_NEGATIVE,
    "batch_size": whole(1),
    "max_epochs": whole(1),
    "patience": whole(1),
    "monitor": one_of("loss", "auroc"),
}

TRANSFER_DEFAULTS: Mapping[str, Any] = {"batch_size": 32, "warmup_steps": 200, "monitor": "auroc"}
"""Settings that the release changes for transfer learning from a trained model."""


@dataclass(frozen=True)
class TrainingConfig:
    """Configuration of a training, by default the release's.

    `batch_size` is the total over all processes. `monitor` is what early stopping watches: the
    validation loss, or the AUROC, as in transfer learning.

    Raises:
        ConfigError: a value of the wrong type, or one that is not allowed.
    """

    optimizer: str = "adam"
    learning_rate: float = 1e-3
    end_learning_rate: float = 1e-4
    warmup_steps: int = 100
    decay_steps: int = 2000
    weight_decay: float = 1e-4
    batch_size: int = 512
    max_epochs: int = 512
    patience: int = 5
    monitor: str = "loss"

    def __post_init__(self) -> None:
        check_values(self, _RULES)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """Make a configuration from the keys of a "training" section; absent ones take the default.

        Raises:
            ConfigError: a key is unknown (the nearest known one is named), or a value is invalid.
        """
        if not isinstance(values, Mapping):
            raise ConfigError(f"the training configuration is {values!r}; expected keys and values")
        for key in values:
            check_key("training", key, _RULES)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return all ten keys with their values, as `from_dict` accepts them."""
        return asdict(self)


def load_training_config(path: str | Path, transfer: bool = False) -> TrainingConfig:
    """Read the "training" section of a JSON file, or the original's "train", if there is one.

    Absent keys take the release's values; with `transfer`, its values for transfer learning.

    Raises:
        ConfigError: no such file, not JSON, a section with a similar name, or a key or value is
            refused.
    """
    sections = read_sections(path)
    defaults = TRANSFER_DEFAULTS if transfer else {}
    names: Mapping[str, str] = {}
    section = sections.get("training", {})
    if "train" in sections:
        section, names = sections["train"], {**TRAIN_KEYS, "model_type": ""}
    try:
        if isinstance(section, Mapping):
            given = {names.get(key, key): value for key, value in section.items()}
            given.pop("", None)  # model_type, which `read_sections` has checked
            section = {**defaults, **given}
        return TrainingConfig.from_dict(section)
    except ConfigError as error:
        raise ConfigError(f"{path}: {_in_terms_of(names, str(error))}") from None


def _in_terms_of(names: Mapping[str, str], message: str) -> str:
    """Return an error with the name that the file has for the setting that it begins with."""
    for theirs, own in names.items():
        if own and message.startswith(f"{own} is"):
            return theirs + message.removeprefix(own)
    return message
