"""Reader of JSON configuration files: the original's three, and this project's own.

The original's have the sections `train`, `model` and `input`; keys that begin with `#` are its way
to comment a line out, at any level.
"""

import difflib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.errors import InputError

COMMENT = "#"
TRAIN_KEYS: Mapping[str, str] = {
    "opt": "optimizer",
    "learning_rate": "learning_rate",
    "end_learning_rate": "end_learning_rate",
    "warmup_steps": "warmup_steps",
    "decay_steps": "decay_steps",
    "weight_decay_rate": "weight_decay",
    "batch_size": "batch_size",
}
"""Keys of the original's `train` section -> those of this project's `training` section."""

MODEL_TYPE = "attention"
INPUT_KEYS = ("base_dir", "train", "validate", "test", "denovo")
UNREAD: Mapping[str, tuple[str, ...]] = {
    "train": ("epoch", "seed", "train_dir"),
    "model": ("rate", "maximum_position_encoding"),
    "input": ("denovo",),
}
"""Keys that the original's programs do not read, or overwrite at the start."""

_OWN = ("training", "pretrain", "run", "data")
_SECTIONS = (*UNREAD, *_OWN)


class ConfigError(InputError):
    """A setting that is unknown, of the wrong type, or not allowed."""


@dataclass(frozen=True)
class ConfigFile:
    """Content of a configuration file.

    Attributes:
        path: the file.
        sections: name -> content, without comments and without the keys that are not read.
        unread: names of the keys and sections that are not read, as `section.key`.
        twice: names of keys that are given more than once; the last value counts.
    """

    path: Path
    sections: Mapping[str, Any]
    unread: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    def note(self, more: Collection[str] = ()) -> str | None:
        """Return one line that names the keys that have no effect, or None if all have.

        Args:
            more: further names, of what this command alone does not read.
        """
        parts = []
        if names := list(dict.fromkeys((*self.unread, *more))):
            parts.append(f"without effect, as nothing reads it: {', '.join(names)}")
        if self.twice:
            parts.append(f"given twice, the last value counts: {', '.join(self.twice)}")
        return f"{self.path}: {'; '.join(parts)}" if parts else None


def read_config_file(path: str | Path) -> ConfigFile:
    """Read a configuration file; there are no sections if it does not hold an object.

    Raises:
        ConfigError: not JSON; a section or a key of `train` or `input` that looks misspelt or is
            unknown; both `train` and `training`; or another `model_type` than the one that runs.
        OSError: the file cannot be read.
    """
    twice: list[str] = []
    content = _read_json(path, twice)
    if not isinstance(content, dict):
        return ConfigFile(Path(path), {})
    try:
        unread = [f"section {name}" for name in _unknown_sections(content)]
        for name in UNREAD:
            section = content.get(name)
            if not isinstance(section, dict):
                continue
            _check_section(name, section)
            keys = _unread_keys(name, section)
            unread += [f"{name}.{key}" for key in keys]
            content[name] = {key: v for key, v in section.items() if key not in keys}
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return ConfigFile(Path(path), content, tuple(unread), tuple(twice))


def check_key(section: str, key: object, known: Collection[str]) -> None:
    """Raise ConfigError for an unknown key, naming the nearest known key or all of them."""
    if key not in known:
        near = difflib.get_close_matches(str(key), known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        raise ConfigError(f"unknown {section} key {key!r}; {hint}")


def _read_json(path: str | Path, twice: list[str]) -> Any:
    """Read JSON without its comments; names of keys that occur twice go to `twice`."""

    def without_comments(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        kept = [(key, value) for key, value in pairs if not key.startswith(COMMENT)]
        found = dict(kept)
        names = [key for key, _ in kept]
        twice.extend(key for key in found if names.count(key) > 1)
        return found

    try:
        return json.loads(Path(path).read_bytes(), object_pairs_hook=without_comments)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON ({error})") from None


def _unknown_sections(content: Mapping[str, Any]) -> list[str]:
    """Return the names of unknown sections; raise ConfigError for one that looks misspelt."""
    if "train" in content and "training" in content:
        raise ConfigError(
            "has both a section train, as the original, and a section training; leave one out"
        )
    unknown = [name for name in content if name not in _SECTIONS]
    for name in unknown:
        near = difflib.get_close_matches(name, _SECTIONS, n=1, cutoff=0.75)
        if near and near[0] not in content:
            raise ConfigError(f"unknown section {name!r}; did you mean {near[0]!r}?")
    return unknown


def _unread_keys(name: str, section: Mapping[str, Any]) -> list[str]:
    """Return the unread keys of a section; `test` is a table of names where nothing reads it."""
    keys = [key for key in UNREAD[name] if key in section]
    if name == "input" and isinstance(section.get("test"), dict):
        keys.insert(0, "test")
    return keys


def _check_section(name: str, section: Mapping[str, Any]) -> None:
    if name == "train":
        known = (*TRAIN_KEYS, "model_type", *UNREAD[name])
        for key in section:
            check_key(name, key, known)
        given = section.get("model_type", MODEL_TYPE)
        if given != MODEL_TYPE:
            raise ConfigError(f"model_type is {given!r}; allowed: {MODEL_TYPE}")
    if name == "input":
        for key in section:
            check_key(name, key, INPUT_KEYS)
    if name == "model":
        # The keys that count are checked where they are used.
        for key in section:
            near = difflib.get_close_matches(key, UNREAD[name], n=1, cutoff=0.8)
            if near and near[0] != key:
                raise ConfigError(f"unknown {name} key {key!r}; did you mean {near[0]!r}?")
