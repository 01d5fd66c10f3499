"""The reference's runs, made once in one process and read by all workers."""

import hashlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parity.checking.case_runs import LiveReference
from parity.declaring.constants import ConstantChanges
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, UnsampledError
from parity.files import save


@dataclass(frozen=True)
class Request:
    """A run of the reference that a worker needs.

    `task` holds the fields of the task except its weight map, whose functions cannot be sent.
    """

    method: str
    layer: str
    task: dict[str, Any]
    arguments: tuple[Any, ...]

    @property
    def digest(self) -> str:
        """Return a name that equal requests share, in whatever process they are made."""
        found = hashlib.blake2b(digest_size=16)
        _feed(found.update, (self.method, self.layer, self.task, self.arguments))
        return found.hexdigest()


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    """Pass a value's contents to a hash, those of sets and dictionaries in a fixed order."""
    if isinstance(value, np.ndarray):
        update(f"array {value.dtype} {value.shape} ".encode())
        update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            update(repr(key).encode())
            _feed(update, value[key])
    elif isinstance(value, set | frozenset):
        update(repr(sorted(map(repr, value))).encode())
    elif isinstance(value, list | tuple):
        update(f"list {len(value)} ".encode())
        for item in value:
            _feed(update, item)
    elif is_dataclass(value):
        _feed(update, {f.name: getattr(value, f.name) for f in fields(value)})
    else:
        update(f"{value!r};".encode())


class SharedReference:
    """Reference of a worker: asks for runs, and reads those that were asked for before.

    Args:
        folder: where the runs are kept.
        ask: has a request answered: its result is in the folder when this returns.
        recorded: whether to behave like a recording, which has one run of each case alone: nothing
            is sampled, and nothing is run again.
    """

    provenance: dict[str, Any] | None = None
    remarks: tuple[str, ...] = ()

    def __init__(
        self, folder: Path, ask: Callable[[Request], None], recorded: bool = False
    ) -> None:
        self._folder, self._ask, self._recorded = folder, ask, recorded

    def as_recorded(self) -> "SharedReference":
        """Return the same reference, behaving like a recording."""
        return SharedReference(self._folder, self._ask, recorded=True)

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """Return nothing: a worker reports no versions."""
        return {}

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Return a run of the reference."""
        found: Trace = self._get("trace", pair, task, dtype)
        return found

    def rerun(
        self, pair: Pair, task: Task, dtype: str = "float64", changes: ConstantChanges | None = None
    ) -> Trace | None:
        """Return the run of another task, or with constants changed, and note what was changed."""
        if self._recorded:
            return None
        trace, made = self._get("rerun", pair, task, dtype, changes)
        if changes is not None:
            changes.take_over(made)
        found: Trace | None = trace
        return found

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """Return the sampled float32 errors; raise UnsampledError like a recording without them."""
        self._refuse_samples()
        found: dict[str, float] = self._get("errors", pair, task)
        return found

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """Return the sampled jumps of gradients; raise UnsampledError as `errors` does."""
        self._refuse_samples()
        found: dict[str, float] = self._get("jumps", pair, task, by)
        return found

    def _refuse_samples(self) -> None:
        if self._recorded:
            raise UnsampledError("the reference is not sampled at first")

    def _get(self, method: str, pair: Pair, task: Task, *arguments: Any) -> Any:
        held = {f.name: getattr(task, f.name) for f in fields(task) if f.name != "weight_map"}
        request = Request(method, pair.layer, held, arguments)
        path = place(self._folder, request)
        if not path.exists():
            self._ask(request)
        result = pickle.loads(path.read_bytes())
        if isinstance(result, Exception):
            raise result
        return result


def place(folder: Path, request: Request) -> Path:
    """Return the file that holds, or will hold, the result of a request."""
    return folder / request.digest


def answer(port: Port, folder: Path, request: Request) -> None:
    """Run the reference as asked, and write the result, or the error, to its file."""
    path = place(folder, request)
    if path.exists():
        return
    pair = port.pair(request.layer)
    task = Task(**request.task, weight_map=pair.weights(request.task["options"]))
    reference, config = LiveReference(), pair.configs[0]
    result: Any
    try:
        if request.method == "rerun":
            dtype, changes = request.arguments
            result = reference.rerun(pair, task, dtype, changes), changes
        else:
            result = getattr(reference, request.method)(pair, config, task, *request.arguments)
    except ParityError as error:
        result = error
    save(path, pickle.dumps(result))
