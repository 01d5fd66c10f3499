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


def is_transfer(config: Path) -> bool:
    """Return whether a file's section `input` is that of transfer learning, with `validate`.

    Raises:
        ConfigError: as `read_sections`.
    """
    section = read_sections(config).get("input")
    return isinstance(section, Mapping) and "validate" in section and "base_dir" not in section


def keys_of(config: Path) -> list[str]:
    """Return the keys of a file's section `input`, as `input.key`.

    Raises:
        ConfigError: as `read_sections`.
    """
    section = read_sections(config).get("input")
    return [f"input.{key}" for key in section] if isinstance(section, Mapping) else []


def find_data(config: Path, replicate: int, cv: int) -> Found:
    """Find the files to train and validate on, as the original does.

    With `base_dir`, the ten files that begin with `train`, its last character replaced by
    `replicate`; else all files that match the glob patterns `train` and `validate`.

    Raises:
        ConfigError: no such section or key, or a pattern that matches no file.
    """
    section = read_sections(config).get("input")
    if not isinstance(section, Mapping):
        raise ConfigError(f"{config}: has no section input, as the original's; give --data")
    if is_transfer(config):
        used = _TRANSFER
        training, validation = (_matching(config, section, key) for key in _TRANSFER)
        folder = os.path.commonpath([path.resolve().parent for path in (*training, *validation)])
        source = Source(Path(folder), files=(training, validation))
    else:
        used = _FOLDS
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
