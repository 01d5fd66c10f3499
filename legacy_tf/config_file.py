"""Reader of JSON configuration files: the release's three, and those with a section `training`.

Keys that begin with `#` are the release's way to comment a line out, at any level. This module does
not import TensorFlow. `converters.config_file` reads the same by itself, as the reference shares no
code with what is compared against it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from legacy_tf.errors import GMVPError

TRAIN_KEYS: Mapping[str, str] = {
    "opt": "optimizer",
    "learning_rate": "learning_rate",
    "end_learning_rate": "end_learning_rate",
    "warmup_steps": "warmup_steps",
    "decay_steps": "decay_steps",
    "weight_decay_rate": "weight_decay",
    "batch_size": "batch_size",
}
"""Keys of the release's `train` section -> fields of TrainingConfig."""

MODEL_TYPE = "attention"
INPUT_KEYS = ("base_dir", "train", "validate", "test", "denovo")
UNREAD: Mapping[str, tuple[str, ...]] = {
    "train": ("epoch", "seed", "train_dir"),
    "model": ("rate", "maximum_position_encoding"),
    "input": ("denovo",),
}
"""Keys that the release does not read, or overwrites at the start."""

_SECTIONS = ("train", "model", "input", "training", "pretrain", "run", "data")


class ConfigError(GMVPError):
    """A configuration has an unknown key or a value that is not allowed."""


@dataclass(frozen=True)
class ConfigFile:
    """Content of a configuration file.

    `sections` lacks comments and unread keys; `unread` names the latter, and unknown sections;
    `twice` names keys given more than once, whose last value counts.
    """

    path: Path
    sections: Mapping[str, Any]
    unread: Sequence[str] = ()
    twice: Sequence[str] = ()

    def note(self, more: Sequence[str] = ()) -> str | None:
        """Return one line that names what has no effect, `more` included, or None."""
        parts = []
        if names := list(dict.fromkeys((*self.unread, *more))):
            parts.append(f"without effect, as nothing reads it: {', '.join(names)}")
        if self.twice:
            parts.append(f"given twice, the last value counts: {', '.join(self.twice)}")
        return f"{self.path}: {'; '.join(parts)}" if parts else None


def read_config_file(path: str | Path) -> ConfigFile:
    """Read a configuration file.

    Raises ConfigError, naming the file, if it is missing or not a JSON object, if a section or a
    key of `train` or `input` is unknown, and for a `model_type` other than the one that runs.
    """
    path = Path(path)
    twice: list[str] = []
    content = _read_json(path, twice)
    try:
        unread = [f"section {name}" for name in _unknown_sections(content)]
        sections = dict(content)
        for name in UNREAD:
            section = content.get(name)
            if not isinstance(section, Mapping):
                continue
            _check_section(name, section)
            keys = _unread_keys(name, section)
            unread += [f"{name}.{key}" for key in keys]
            sections[name] = {key: v for key, v in section.items() if key not in keys}
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return ConfigFile(path, sections, unread, twice)


def check_keys(section: str, keys: Sequence[str], known: Sequence[str]) -> None:
    """Raise ConfigError for the first unknown key, naming the nearest known one, or all."""
    for key in keys:
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "known are " + ", ".join(known)
            raise ConfigError(f"{section} has no key {key!r}; {hint}")


def _read_json(path: Path, twice: list[str]) -> Mapping[str, Any]:
    def without_comments(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        kept = [(key, value) for key, value in pairs if not key.startswith("#")]
        names = [key for key, _ in kept]
        found = dict(kept)
        twice.extend(key for key in found if names.count(key) > 1)
        return found

    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=without_comments)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not JSON: {error}") from None
    if not isinstance(content, Mapping):
        raise ConfigError(f'{path}: expected an object {{"model": {{...}}}}, found {content!r:.40}')
    return content


def _unknown_sections(content: Mapping[str, Any]) -> list[str]:
    """Return the names of unknown sections; raise ConfigError for one that looks misspelt."""
    if "train" in content and "training" in content:
        raise ConfigError(
            "has both a section train, as the release, and a section training; leave one out"
        )
    unknown = [name for name in content if name not in _SECTIONS]
    for name in unknown:
        near = get_close_matches(name, _SECTIONS, n=1, cutoff=0.75)
        # `load_config` has a message of its own for a missing model.
        if near and near[0] not in (*content, "model"):
            raise ConfigError(f"has no section {name!r}; did you mean {near[0]!r}?")
    return unknown


def _unread_keys(name: str, section: Mapping[str, Any]) -> list[str]:
    """Return the unread keys of a section; `test` is a table of names where nothing reads it."""
    keys = [key for key in UNREAD[name] if key in section]
    if name == "input" and isinstance(section.get("test"), dict):
        keys.insert(0, "test")
    return keys


def _check_section(name: str, section: Mapping[str, Any]) -> None:
    if name == "train":
        check_keys(name, list(section), (*TRAIN_KEYS, "model_type", *UNREAD[name]))
        given = section.get("model_type", MODEL_TYPE)
        if given != MODEL_TYPE:
            raise ConfigError(f"train.model_type is {given!r}; allowed is {MODEL_TYPE}")
    if name == "input":
        check_keys(name, list(section), INPUT_KEYS)
    if name == "model":
        # The keys that count are checked by ModelConfig.
        for key in section:
            near = get_close_matches(key, UNREAD[name], n=1, cutoff=0.8)
            if near and near[0] != key:
                raise ConfigError(f"{name} has no key {key!r}; did you mean {near[0]!r}?")
