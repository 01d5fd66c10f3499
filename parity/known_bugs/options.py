"""Mistakes in the options that a candidate is built with: it reads one, and has another's value."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Built, Configuration, Pair, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.errors import SideFailedError, StructureError
from parity.runners.side import run_side


class _Watched(Mapping[str, Any]):
    """Options that put down which of them are looked up."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.seen: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        value = self._options[key]
        self.seen.add(key)
        return value

    def __contains__(self, key: object) -> bool:
        return key in self._options

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)


def read(pair: Pair, task: Task, role: str = "candidate") -> frozenset[str]:
    """The options that a pair's candidate, or reference, looks up while it is built and run.

    Others of a configuration say which data a case is made of, or are another layer's: the
    candidate cannot be wrong about them. All of them, if it does not run.
    """
    watched = _Watched(task.options)

    def build(options: Options, dtype: str) -> Built:
        return side.build(watched, dtype)

    side: Side = getattr(pair, role)
    watching = replace(side, build=build)
    if role == "reference":
        seen = replace(pair, reference=watching)
    else:
        seen = replace(pair, candidate=watching)
    try:
        run_side(seen, role, replace(task, differentiate=()))
    except (SideFailedError, StructureError):
        return frozenset(task.options)
    return frozenset(watched.seen)


def known_bugs(pair: Pair, config: Configuration, used: frozenset[str]) -> Iterator[KnownBug]:
    """Every option in use as another configuration of the pair has it."""
    for key, held in config.options.items():
        if key not in used:
            continue
        values = [other.options[key] for other in pair.configs if key in other.options]
        for value in dict.fromkeys(v for v in values if isinstance(v, (str, int, float, bool))):
            if value != held:
                yield KnownBug(
                    None, f"option {key} {value}", f"{held}", options={**config.options, key: value}
                )
