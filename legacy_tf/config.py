"""Configuration of a gMVP model and its training, read from the original's JSON files.

This module does not import TensorFlow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Self

from legacy_tf.config_file import TRAIN_KEYS, ConfigError, check_keys, read_config_file

__all__ = ["ConfigError", "ModelConfig", "TrainingConfig", "load_config", "load_training_config"]

WINDOW = 129
CENTER = WINDOW // 2
SPECIES = 200
AMINO_ACIDS = 20
RESIDUE_STATES = AMINO_ACIDS + 1
FEATURE_COLUMNS = 435

SCORE_TYPES = ("add", "nn", "dot")
PAIRWISE_TYPES = ("none", "fre", "cov", "cov_all", "inv_cov")
WEIGHTING_SCHEMAS = ("spe", "none")
PAIRWISE_NORMS = ("released", "paper")
OPTIMIZERS = ("adam", "adamw")
MONITORS = ("loss", "auroc")


def _one_of(*allowed: str) -> tuple[str, Callable[[Any], bool]]:
    # isinstance first, so that a value that is not a string gets the same clear message.
    return "one of " + ", ".join(allowed), lambda value: isinstance(value, str) and value in allowed


def _is_number(value: Any, kind: type = Real) -> bool:
    # JSON's true is a number to Python, but never meant as one here.
    return isinstance(value, kind) and not isinstance(value, bool)


_POSITIVE_INT = ("a positive whole number", lambda value: _is_number(value, Integral) and value > 0)
_COUNT = ("a whole number, 0 or more", lambda value: _is_number(value, Integral) and value >= 0)
_POSITIVE = ("a positive number", lambda value: _is_number(value) and 0 < value < float("inf"))
_NOT_NEGATIVE = (
    "a number, 0 or more",
    lambda value: _is_number(value) and 0 <= value < float("inf"),
)
_RATE = ("a number, at least 0 and below 1", lambda value: _is_number(value) and 0 <= value < 1)


class _Section:
    """Base of the two sections of a configuration: reads and validates values."""

    _section: str
    _rules: Mapping[str, tuple[str, Callable[[Any], bool]]]

    def __post_init__(self) -> None:
        for name, (allowed, fits) in self._rules.items():
            value = getattr(self, name)
            if not fits(value):
                raise ConfigError(f"{self._section}.{name} is {value!r}; allowed is {allowed}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make the section from its JSON object; missing keys keep their defaults.

        Raises ConfigError for an unknown key, naming the nearest known one, and for a value that
        is not allowed.
        """
        if not isinstance(values, Mapping):
            kind = type(values).__name__
            raise ConfigError(f"{cls._section} is a {kind}; expected an object of names and values")
        known = [field.name for field in fields(cls)]  # type: ignore[arg-type]
        check_keys(cls._section, list(values), known)
        return cls(**values)


@dataclass(frozen=True)
class ModelConfig(_Section):
    """Architecture of a gMVP model, with the release's values as defaults.

    `pairwise_norm` is an addition of this project: "released" takes the norm over all 441 pairs of
    residue states, "paper" over the 400 pairs of amino acids, as in
    doi:10.1038/s42256-022-00561-w.

    Raises ConfigError for a value that is not allowed.
    """

    dropout_rate: float = 0.4
    attn_score_type: str = "add"
    pairwise_type: str = "cov"
    weighting_schema: str = "spe"
    d_fc: int = 512
    d_model: int = 512
    num_heads: int = 4
    pairwise_norm: str = "released"

    _section = "model"
    _rules = {  # noqa: RUF012 - a dataclass would take an annotated one for a field
        "dropout_rate": _RATE,
        "attn_score_type": _one_of(*SCORE_TYPES),
        "pairwise_type": _one_of(*PAIRWISE_TYPES),
        "weighting_schema": _one_of(*WEIGHTING_SCHEMAS),
        "d_fc": _POSITIVE_INT,
        "d_model": _POSITIVE_INT,
        "num_heads": _POSITIVE_INT,
        "pairwise_norm": _one_of(*PAIRWISE_NORMS),
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.d_model % self.num_heads:
            raise ConfigError(
                f"model.d_model is {self.d_model}, which {self.num_heads} heads "
                "(model.num_heads) cannot share equally; make it a multiple"
            )


@dataclass(frozen=True)
class TrainingConfig(_Section):
    """Training settings, with the release's values as defaults.

    `monitor` is the criterion of early stopping: the validation loss, or the AUROC, as in transfer
    learning.

    Raises ConfigError for a value that is not allowed.
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

    _section = "training"
    _rules = {  # noqa: RUF012 - a dataclass would take an annotated one for a field
        "optimizer": _one_of(*OPTIMIZERS),
        "learning_rate": _POSITIVE,
        "end_learning_rate": _NOT_NEGATIVE,
        "warmup_steps": _COUNT,
        "decay_steps": _POSITIVE_INT,
        "weight_decay": _NOT_NEGATIVE,
        "batch_size": _POSITIVE_INT,
        "max_epochs": _POSITIVE_INT,
        "patience": _POSITIVE_INT,
        "monitor": _one_of(*MONITORS),
    }


# What the release changes for transfer learning from a trained model.
TRANSFER_DEFAULTS: Mapping[str, Any] = {"batch_size": 32, "warmup_steps": 200, "monitor": "auroc"}


def load_config(path: str | Path) -> ModelConfig:
    """Read the "model" section of one of the original's JSON files.

    Raises ConfigError, naming the file.
    """
    content = read_config_file(path).sections
    if "model" not in content:
        found = ", ".join(content) or "nothing"
        raise ConfigError(f'{path}: has no section "model"; found {found}')
    try:
        return ModelConfig.from_dict(content["model"])
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def load_training_config(path: str | Path, transfer: bool = False) -> TrainingConfig:
    """Read the "train" section of the release's JSON file, or a "training" section.

    Missing keys have the release's values; with `transfer`, those of transfer learning. Raises
    ConfigError, naming the file.
    """
    content = read_config_file(path).sections
    defaults = TRANSFER_DEFAULTS if transfer else {}
    released = "train" in content
    section = content["train"] if released else content.get("training", {})
    try:
        if not isinstance(section, Mapping):
            return TrainingConfig.from_dict(section)
        if released:
            section = {TRAIN_KEYS[key]: section[key] for key in section if key != "model_type"}
        return TrainingConfig.from_dict({**defaults, **section})
    except ConfigError as error:
        raise ConfigError(f"{path}: {_renamed(error) if released else error}") from None


def _renamed(error: ConfigError) -> str:
    """Return an error about a field of TrainingConfig in terms of the release's section."""
    for key, field in TRAIN_KEYS.items():
        if str(error).startswith(f"training.{field} is"):
            return f"train.{key}" + str(error).removeprefix(f"training.{field}")
    return str(error)
