"""One failing case in one file, to be run again anywhere: `parity replay FILE`."""

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
from parity.fuzz.examine import Outcome, examine
from parity.judging.verdict import Verdict

if TYPE_CHECKING:
    from parity.fuzz.search import Hunt

_KIND, _FORMAT = "replay", 1
_INPUT, _WEIGHT = "input/", "weight/"


@dataclass(frozen=True)
class Replay:
    """A case with everything needed to run it, and what came of it when it was found.

    Args:
        port: the installed port's name, or the name of the file that declares it.
        port_hash: SHA-256 of that file, "" for an installed port.
        layer: the pair's.
        config: the configuration's name.
        options: what it held.
        seed: of the cotangents.
        differentiate: the outputs that gradients were taken of, as in `Task`.
        inputs: by name.
        weights: by canonical name.
        versions: of the frameworks.
        verdict: what was seen.
        reason: why.
        words: how the case differs from the given one.
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

    @property
    def words_in_line(self) -> str:
        """The case in one line."""
        return "; ".join(self.words)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        arrays = {
            **{_INPUT + name: array for name, array in self.inputs.items()},
            **{_WEIGHT + name: array for name, array in self.weights.items()},
        }
        storage.save(path, arrays, self._header())

    def _header(self) -> dict[str, Any]:
        return {
            "kind": _KIND,
            "format": _FORMAT,
            "port": self.port,
            "port_hash": self.port_hash,
            "layer": self.layer,
            "config": self.config,
            "options": plain(self.options),
            "seed": self.seed,
            "differentiate": None if self.differentiate is None else list(self.differentiate),
            "versions": self.versions,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "words": list(self.words),
            "inputs": list(self.inputs),
            "weights": list(self.weights),
        }

    def task(self, port: Port) -> tuple[Pair, Configuration, Task]:
        """The case in a port of today, under that port's own options.

        Raises ParityError if the port has no such layer or configuration, or if the layer's weights
        are others by now.
        """
        pair = port.pair(self.layer)
        config = next((c for c in pair.configs if c.name == self.config), None)
        if config is None:
            raise unknown("configuration", self.config, [c.name for c in pair.configs])
        weight_map = pair.weights(config.options)
        wanted = {weight.name: weight.shape for weight in weight_map}
        held = {name: array.shape for name, array in self.weights.items()}
        if wanted != held:
            unlike = sorted(n for n in {*wanted, *held} if wanted.get(n) != held.get(n))
            raise ParityError(
                f"{self.layer}, {self.config}: its weights are others than those of the replay, "
                f"{unlike[0]} to begin with; hunt anew with: parity fuzz --layer {self.layer}"
            )
        return (
            pair,
            config,
            Task(
                config.options,
                self.inputs,
                {weight.name: self.weights[weight.name] for weight in weight_map},
                weight_map,
                self.differentiate,
                self.seed,
            ),
        )

    def run(self, port: Port) -> Outcome:
        """Run the case and judge it; raises ParityError as `task` and `examine` do."""
        pair, _, task = self.task(port)
        return examine(pair, task)

    def changes(self, port: Port, port_hash: str) -> list[str]:
        """What of the port is not as it was when the case was found."""
        _, config, _ = self.task(port)
        changed = []
        if self.port_hash and port_hash and port_hash != self.port_hash:
            changed.append(f"{self.port} has changed since the case was found")
        now = plain(config.options)
        for key in sorted({*self.options, *now}):
            before, after = self.options.get(key, "unset"), now.get(key, "unset")
            if before != after:
                changed.append(f"option {key} of {self.config} was {before}, and is {after}")
        return changed


def of_hunt(hunt: "Hunt", port: str, versions: dict[str, str]) -> Replay:
    """The smallest find of a hunt; `port` as the user named it. Raises OSError if it is gone."""
    assert hunt.recipe is not None
    assert hunt.outcome is not None
    task = hunt.recipe.cook(hunt.ground)
    return Replay(
        port=Path(port).name if port.endswith(".py") else port,
        port_hash=hash_of(port),
        layer=hunt.pair.layer,
        config=hunt.config.name,
        options=plain(task.options),
        seed=task.seed,
        differentiate=task.differentiate,
        inputs=task.inputs,
        weights=task.weights,
        versions=versions,
        verdict=hunt.outcome.verdict,
        reason=hunt.outcome.reason,
        words=tuple(hunt.recipe.words()),
    )


def load(path: Path) -> Replay:
    """Read a replay; InputError if the file is damaged, or of something else."""
    expected = "expected a replay as `parity fuzz` writes it"
    if path.is_dir():
        raise InputError(f"{path} is a folder; {expected}")
    if not path.exists():
        raise InputError(f"no file {path}; {expected}")
    try:
        arrays, header = storage.load(path)
    except InputError as error:
        raise InputError(f"{error}; {expected}") from error
    if header.get("kind") != _KIND:
        kind = header.get("kind", "something else")
        raise InputError(f"{path} is no replay but {kind}; {expected}")
    if header.get("format") != _FORMAT:
        raise InputError(
            f"{path} is a replay of format {header.get('format')}; this parity reads {_FORMAT}"
        )
    try:
        return _of(header, arrays)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is damaged, in its header: {describe(error)}") from error


def _of(header: dict[str, Any], arrays: Arrays) -> Replay:
    def held(name: str, kind: type) -> Any:
        if not isinstance(header[name], kind):
            raise TypeError(f"{name} is no {kind.__name__}")
        return header[name]

    differentiate = header["differentiate"]
    return Replay(
        **{key: held(key, str) for key in ("port", "port_hash", "layer", "config", "reason")},
        options=held("options", dict),
        seed=held("seed", int),
        differentiate=None if differentiate is None else tuple(held("differentiate", list)),
        # In the order in which the layer was given them; a file keeps them by name.
        inputs={name: arrays[_INPUT + name] for name in held("inputs", list)},
        weights={name: arrays[_WEIGHT + name] for name in held("weights", list)},
        versions=held("versions", dict),
        verdict=Verdict(header["verdict"]),
        words=tuple(map(str, held("words", list))),
    )


def plain(options: Options) -> dict[str, Any]:
    """Options as JSON gives them back; what it cannot hold, as text."""
    found: dict[str, Any] = json.loads(json.dumps(dict(options), default=repr))
    return found


def hash_of(port: str) -> str:
    """SHA-256 of the file that declares a port; "" for an installed one."""
    return hashlib.sha256(Path(port).read_bytes()).hexdigest() if port.endswith(".py") else ""


def located(replay: Replay, path: Path, named: str | None) -> str:
    """Which port a replay is to be run on: the one named, or its own.

    Raises ParityError if it is a file that is neither here nor beside the replay.
    """
    if named is not None or not replay.port.endswith(".py"):
        return named or replay.port
    for place in (Path(replay.port), path.parent / replay.port):
        if place.is_file():
            return str(place)
    raise ParityError(
        f"{path} is of a port in a file {replay.port}, which is neither here nor beside it; "
        f"name it with --port"
    )
