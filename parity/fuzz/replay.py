"""Replay files: one counterexample, with everything that `parity replay FILE` needs to run it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity import storage
from parity.arrays import Arrays
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.errors import InputError, ParityError, describe, unknown
from parity.judging.verdict import Verdict

if TYPE_CHECKING:
    from parity.fuzz.search import FuzzRun

_KIND, _FORMAT = "replay", 1
_INPUT, _WEIGHT = "input/", "weight/"


@dataclass(frozen=True)
class Replay:
    """A case with everything needed to run it, and its outcome at the time it was found.

    Args:
        port: the installed port's name, or the name of the file that declares it.
        port_hash: SHA-256 of that file, "" for an installed port.
        layer: the pair's; `config` is the configuration's name, `options` its options at the time.
        seed: of the cotangents.
        differentiate: the outputs that gradients were taken of, as in `Task`.
        inputs: by name, and `weights` by canonical name.
        versions: of the frameworks.
        verdict: at the time, and the `reason` for it.
        words: descriptions of the changes that turn the target's own task into the case.
    """

    port: str
    port_hash: str
    layer: str
    config: str
    options: Options
    seed: int
    differentiate: tuple[str, ...] | None
    inputs: Arrays
    weights: Arrays
    versions: dict[str, str]
    verdict: Verdict
    reason: str
    words: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write the file atomically."""
        arrays = {
            **{_INPUT + name: array for name, array in self.inputs.items()},
            **{_WEIGHT + name: array for name, array in self.weights.items()},
        }
        header = {
            "kind": _KIND,
            "format": _FORMAT,
            "port": self.port,
            "port_hash": self.port_hash,
            "layer": self.layer,
            "config": self.config,
            "options": json_options(self.options),
            "seed": self.seed,
            "differentiate": None if self.differentiate is None else list(self.differentiate),
            "versions": self.versions,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "words": list(self.words),
            "inputs": list(self.inputs),
            "weights": list(self.weights),
        }
        storage.save(path, arrays, header)

    def task(self, port: Port) -> tuple[Pair, Configuration, Task]:
        """Return the case as a task of the port, under the port's present options.

        Raises ParityError if the port has no such layer or configuration, or if the layer's weights
        have changed.
        """
        pair = port.pair(self.layer)
        config = next((c for c in pair.configs if c.name == self.config), None)
        if config is None:
            raise unknown("configuration", self.config, [c.name for c in pair.configs])
        weight_map = pair.weights(config.options)
        now = {weight.name: weight.shape for weight in weight_map}
        then = {name: array.shape for name, array in self.weights.items()}
        if now != then:
            changed = sorted(n for n in {*now, *then} if now.get(n) != then.get(n))
            raise ParityError(
                f"{self.layer}, {self.config}: the layer's weights differ from those in the "
                f"replay, first in {changed[0]}; run parity fuzz --layer {self.layer} again"
            )
        weights = {weight.name: self.weights[weight.name] for weight in weight_map}
        task = Task(config.options, self.inputs, weights, weight_map, self.differentiate, self.seed)
        return pair, config, task

    def changes(self, config: Configuration, port_hash: str) -> list[str]:
        """Return what has changed in the port's file and options since the case was found."""
        changed = []
        if self.port_hash and port_hash and port_hash != self.port_hash:
            changed.append(f"{self.port} has been edited since the case was found")
        now = json_options(config.options)
        for key in sorted({*self.options, *now}):
            before, after = self.options.get(key, "unset"), now.get(key, "unset")
            if before != after:
                changed.append(f"option {key} of {self.config} was {before} and is now {after}")
        return changed


def from_run(run: "FuzzRun", port: str, versions: dict[str, str]) -> Replay:
    """Make a replay of a run's counterexample; `port` is the name that the user gave.

    Raises OSError if the port's file is gone.
    """
    assert run.counterexample is not None
    assert run.outcome is not None
    task = run.counterexample.build(run.target)
    return Replay(
        port=Path(port).name if port.endswith(".py") else port,
        port_hash=hash_of_port(port),
        layer=run.pair.layer,
        config=run.config.name,
        options=json_options(task.options),
        seed=task.seed,
        differentiate=task.differentiate,
        inputs=task.inputs,
        weights=task.weights,
        versions=versions,
        verdict=run.outcome.verdict,
        reason=run.outcome.reason,
        words=tuple(run.counterexample.describe()),
    )


def load(path: Path) -> Replay:
    """Read a replay; raise InputError if the file is damaged or is not a replay."""
    expected = "expected a replay written by `parity fuzz`"
    if path.is_dir():
        raise InputError(f"{path} is a folder; {expected}")
    if not path.exists():
        raise InputError(f"no file {path}; {expected}")
    try:
        arrays, header = storage.load(path)
    except InputError as error:
        raise InputError(f"{error}; {expected}") from error
    if header.get("kind") != _KIND:
        kind = header.get("kind", "of an unknown kind")
        raise InputError(f"{path} is not a replay but {kind}; {expected}")
    if header.get("format") != _FORMAT:
        raise InputError(
            f"{path} is a replay of format {header.get('format')}; this version reads {_FORMAT}"
        )
    try:
        return _from_header(header, arrays)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} has a damaged header: {describe(error)}") from error


def _from_header(header: dict[str, Any], arrays: Arrays) -> Replay:
    def value(name: str, kind: type) -> Any:
        if not isinstance(header[name], kind):
            raise TypeError(f"{name} is not of type {kind.__name__}")
        return header[name]

    differentiate = header["differentiate"]
    return Replay(
        **{key: value(key, str) for key in ("port", "port_hash", "layer", "config", "reason")},
        options=value("options", dict),
        seed=value("seed", int),
        differentiate=None if differentiate is None else tuple(value("differentiate", list)),
        # In the order in which the layer takes them; the file keeps arrays sorted by name.
        inputs={name: arrays[_INPUT + name] for name in value("inputs", list)},
        weights={name: arrays[_WEIGHT + name] for name in value("weights", list)},
        versions=value("versions", dict),
        verdict=Verdict(header["verdict"]),
        words=tuple(map(str, value("words", list))),
    )


def json_options(options: Options) -> dict[str, Any]:
    """Return options as they come back from JSON; what JSON cannot hold becomes text."""
    restored: dict[str, Any] = json.loads(json.dumps(dict(options), default=repr))
    return restored


def hash_of_port(port: str) -> str:
    """Return the SHA-256 of the file that declares a port; "" for an installed port."""
    return hashlib.sha256(Path(port).read_bytes()).hexdigest() if port.endswith(".py") else ""


def find_port(replay: Replay, path: Path, named: str | None) -> str:
    """Return the port to run a replay on: the one that the user named, or the replay's own.

    Raises ParityError if the replay's port is a file that is neither in the current folder nor
    beside the replay.
    """
    if named is not None or not replay.port.endswith(".py"):
        return named or replay.port
    for place in (Path(replay.port), path.parent / replay.port):
        if place.is_file():
            return str(place)
    raise ParityError(
        f"{path} needs the port in {replay.port}, which is neither in this folder nor next to the "
        "replay; name it with --port"
    )
