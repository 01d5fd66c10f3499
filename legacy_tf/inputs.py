"""Record files and lists of models, found as the release finds them.

This module does not import TensorFlow.
"""

import glob
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from legacy_tf.config_file import ConfigError, read_config_file
from legacy_tf.errors import GMVPError

SPLIT_SEED = 2020
FILES = 10
STEM = "train_r0"


class InputFilesError(GMVPError):
    """Files that were asked for are not there, or cannot be split."""


class Folds(NamedTuple):
    """Place of the ten files: base_dir, and the stem whose last character is the replicate."""

    folder: str
    stem: str


class Given(NamedTuple):
    """Files of a transfer learning: to train on, to validate on, and to test on (perhaps none)."""

    training: list[str]
    validation: list[str]
    test: list[str]


def ten_files(folds: Folds, replicate: int, cv: int) -> tuple[list[str], str]:
    """Return the training files and the validation file among the ten of a replicate.

    The last character of the stem is replaced by `replicate`, and files that begin so and end in
    tfrec are listed. As released, the ten are shuffled by Python's random, seeded with 2020, from
    the order in which glob lists them. That order depends on the file system, so the same `cv` may
    mean another file on another machine. Raises InputFilesError unless there are ten, and for a
    `cv` out of range.
    """
    name = f"{glob.escape(folds.stem[:-1])}{replicate}*tfrec"
    pattern = str(Path(glob.escape(folds.folder)) / name)
    # The release uses glob.glob, whose order may differ from Path.glob's.
    files = glob.glob(pattern)
    if len(files) != FILES:
        raise InputFilesError(f"{pattern}: {len(files)} files; expected {FILES}")
    if not 0 <= cv < FILES:
        raise InputFilesError(f"cv is {cv}; expected the number of a file, 0 to {FILES - 1}")
    random.Random(SPLIT_SEED).shuffle(files)
    return files[:cv] + files[cv + 1 :], files[cv]


def read_folds(config: str | Path) -> Folds:
    """Read the keys `base_dir` and `train` of a file's section `input`.

    Raises ConfigError if one is missing or not a text.
    """
    section = _section(config, "give --data DIR, or a file with input.base_dir and input.train")
    if "base_dir" not in section and "validate" in section:
        raise ConfigError(
            f"{config}: its input.validate is that of transfer learning; give --data, or run "
            "train_tfl"
        )
    return Folds(_text(config, section, "base_dir"), _text(config, section, "train"))


def read_given(config: str | Path) -> Given:
    """Read the glob patterns `train`, `validate` and `test` of a section `input`, and match them.

    Raises ConfigError for a missing pattern (`test` may be), InputFilesError for one that matches
    no file.
    """
    section = _section(config, "expected input.train and input.validate, patterns of file names")
    training, validation = (
        matching(_text(config, section, key), f"{config}: input.{key}")
        for key in ("train", "validate")
    )
    test = []
    if "test" in section:
        test = matching(_text(config, section, "test"), f"{config}: input.test")
    return Given(training, validation, test)


def matching(pattern: str, asked: str) -> list[str]:
    """Return the files that match a glob pattern, sorted.

    Raises InputFilesError if there is none; `asked` says where the pattern was given.
    """
    files = sorted(glob.glob(pattern))
    if not files:
        raise InputFilesError(f"{asked}: {pattern}: no such file; expected files of records")
    return files


def listed_models(path: str | Path) -> tuple[list[str], list[str]]:
    """Read a list of weight files, one a line; return those that exist, and those that do not.

    Raises InputFilesError if the list cannot be read, names no file, or none that exists.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputFilesError(f"{path}: cannot be read as a list of models: {error}") from None
    names = [line.strip() for line in text.split("\n") if line.strip()]
    if not names:
        raise InputFilesError(f"{path}: names no model; expected one path per line")
    there = [name for name in names if Path(name).exists()]
    missing = [name for name in names if name not in there]
    if not there:
        raise InputFilesError(f"{path}: none of its models exists, such as {missing[0]}")
    return there, missing


def _section(config: str | Path, wanted: str) -> Mapping[str, Any]:
    section = read_config_file(config).sections.get("input")
    if not isinstance(section, Mapping):
        raise ConfigError(f"{config}: has no section input; {wanted}")
    return section


def _text(config: str | Path, section: Mapping[str, Any], key: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        found = "no" if key not in section else f"{value!r} as"
        raise ConfigError(f"{config}: {found} input.{key}; expected a text, as in the release")
    return value


def unused(config: str | Path, used: Sequence[str]) -> list[str]:
    """Return the names of the keys of a section `input` that are not among those used."""
    section = read_config_file(config).sections.get("input")
    return [f"input.{key}" for key in section or {} if key not in used]
