"""Data of a training as the original's JSON files name them, in their section `input`."""

import glob
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pt_gmvp.config import ConfigError
from pt_gmvp.sections import read_sections
from pt_gmvp.training.split import Source

_TRANSFER = ("train", "validate")
_FOLDS = ("base_dir", "train")


class Found(NamedTuple):
    """Data to train on, and the keys of the section that were not used, as `input.key`."""

    source: Source
    unused: list[str]


def is_transfer(config: Path, started: bool) -> bool:
    """Return whether a file's section `input` is to be read as that of transfer learning.

    It is if it has `validate`, unless it also has `base_dir` and the training is not `started`
    from a trained model.

    Raises:
        ConfigError: as `read_sections`.
    """
    section = read_sections(config).get("input")
    if not isinstance(section, Mapping) or "validate" not in section:
        return False
    return started or "base_dir" not in section


def keys_of(config: Path) -> list[str]:
    """Return the keys of a file's section `input`, as `input.key`.

    Raises:
        ConfigError: as `read_sections`.
    """
    section = read_sections(config).get("input")
    return [f"input.{key}" for key in section] if isinstance(section, Mapping) else []


def find_data(config: Path, replicate: int, cv: int, transfer: bool = False) -> Found:
    """Find the files to train and validate on, as the original does.

    For transfer learning all files that match the glob patterns `train` and `validate`; else the
    ten files in `base_dir` that begin with `train`, its last character replaced by `replicate`.

    Raises:
        ConfigError: no such section or key, or a pattern that matches no file.
    """
    section = read_sections(config).get("input")
    if not isinstance(section, Mapping):
        raise ConfigError(f"{config}: has no section input, as the original's; give --data")
    if transfer:
        used = _TRANSFER
        training, validation = (_matching(config, section, key) for key in _TRANSFER)
        folder = os.path.commonpath([path.resolve().parent for path in (*training, *validation)])
        source = Source(Path(folder), files=(training, validation))
    else:
        used = _FOLDS
        if not {"base_dir", "validate"} & section.keys():
            raise ConfigError(
                f"{config}: input has neither base_dir, of the ten files, nor validate, for "
                "transfer learning; add it, or give --data"
            )
        folder, stem = (_text(config, section, key) for key in _FOLDS)
        source = Source(Path(folder), replicate=replicate, cv=cv, stem=stem)
    return Found(source, [name for name in keys_of(config) if name[6:] not in used])


def _matching(config: Path, section: Mapping[str, Any], key: str) -> list[Path]:
    pattern = _text(config, section, key)
    files = [Path(name).resolve() for name in sorted(glob.glob(pattern))]
    if not files:
        raise ConfigError(f"{config}: input.{key}: {pattern}: no such file; expected TFRecords")
    return files


def _text(config: Path, section: Mapping[str, Any], key: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        found = "no" if key not in section else f"{value!r} as"
        raise ConfigError(f"{config}: {found} input.{key}; expected a text, or give --data")
    return value
