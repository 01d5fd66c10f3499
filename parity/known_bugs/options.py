"""Known bugs in options: a candidate is built with the value of another configuration."""

from collections import UserDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from parity.declaring.known_bug import KnownBug, OtherOptions
from parity.declaring.port import Built, Configuration, Pair, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.errors import SideFailedError, StructureError
from parity.runners.side import run_side


class _RecordedOptions(UserDict[str, Any]):
    """Options that record which of them are read."""

    def __init__(self, options: Options) -> None:
        self.read: set[str] = set()
        super().__init__(options)

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        self.read.add(key)
        return value


def read_options(pair: Pair, task: Task, role: str = "candidate") -> frozenset[str]:
    """Return the options that one side of a pair reads while it is built and run.

    The other options of a configuration select the data of a case or belong to another layer, so
    this side cannot be wrong about them. If the side does not run, all options are returned.
    """
    recorded = _RecordedOptions(task.options)
    side: Side = getattr(pair, role)

    def build(options: Options, dtype: str) -> Built:
        return side.build(recorded, dtype)

    watched = replace(side, build=build)
    if role == "reference":
        pair = replace(pair, reference=watched)
    else:
        pair = replace(pair, candidate=watched)
    try:
        run_side(pair, role, replace(task, differentiate=()))
    except (SideFailedError, StructureError):
        return frozenset(task.options)
    return frozenset(recorded.read)


def generate_option_bugs(
    pair: Pair, config: Configuration, used: frozenset[str]
) -> Iterator[KnownBug]:
    """Yield every option in `used` with each value that another configuration of the pair has."""
    for key, right in config.options.items():
        if key not in used:
            continue
        values = [other.options[key] for other in pair.configs if key in other.options]
        for value in dict.fromkeys(v for v in values if isinstance(v, (str, int, float, bool))):
            if value != right:
                change = OtherOptions({**config.options, key: value})
                yield KnownBug(None, f"option {key} = {value}", f"should be {right}", change)
