"""Worker that runs one side on request, in an interpreter that may be older than this project's.

Its standard input and output carry the messages; what the side prints goes to standard error. It
ends as soon as its input does, whatever it is computing, so that no worker outlives its parent.
"""

import importlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from parity.arrays import Arrays
from parity.declaring.model_sides import ModelSide
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, UnavailableError, describe
from parity.runners.remote.messages import Message, receive, send


class WorkerSide(Protocol):
    """Module that makes models of one side: `reference_side` or `candidate_side`."""

    PACKAGES: Mapping[str, tuple[str, ...]]
    """The distributions that may hold each package whose version is told."""

    def opened(self, described: Message, dtype: str) -> Any:
        """Make a model."""

    def ready(self, model: Any, described: Message) -> Any:
        """Return a model made before, as it is declared now."""

    def run(self, model: Any, side: ModelSide, task: Task, dtype: str, changes: Any) -> Trace:
        """Run a side of a model."""

    def numbers(self, model: Any, names: list[str]) -> Arrays:
        """Return weights of a model as they are."""

    def answer(self, question: str, message: Message) -> Any:
        """Answer a question about a model that is named."""


class Worker:
    """Answers to the requests of one parent; `ask` asks it something while it waits."""

    def __init__(self, side: WorkerSide, ask: Callable[[Message], Any]) -> None:
        self._side, self._ask = side, ask
        self._open: dict[int, Any] = {}

    def answer(self, message: Message) -> Any:
        """Return the answer to a request, named by its "op"."""
        operation: Callable[[Message], Any] = getattr(self, "_" + message["op"])
        return operation(message)

    def _versions(self, message: Message) -> dict[str, str]:
        """Return the versions of the side's packages, none of which is imported for that."""
        from importlib import metadata, util

        found = {}
        for package, distributions in self._side.PACKAGES.items():
            if util.find_spec(package) is None:
                continue
            found[package] = "unknown"
            for distribution in distributions:
                try:
                    found[package] = metadata.version(distribution)
                    break
                except metadata.PackageNotFoundError:
                    continue
        return found

    def _run(self, message: Message) -> dict[str, Any]:
        """Run a side; return its trace, whose gradients are by its own names, and the changes."""
        dtype, changes = message["dtype"], message["changes"]
        side = ModelSide(None, **message["side"])  # type: ignore[arg-type]
        task = Task(
            message["options"],
            message["inputs"],
            message["weights"],
            (),
            message["differentiate"],
            1,
            constant=message["constant"],
            cotangents=lambda floating: self._ask({"cotangents": dict(floating)}),
        )
        trace = self._side.run(message["model"], side, task, dtype, changes)
        return {"trace": trace, "changes": changes}

    def _weights(self, message: Message) -> Arrays:
        """Return weights of a model as it is built in float32: all, or those named."""
        model = self._side.opened(message["model"], "float32")
        return self._side.numbers(model, message["names"] or list(model.weights))

    def _open_model(self, message: Message) -> dict[str, Any]:
        """Make a model and keep it, under a number."""
        model = self._side.opened(message["model"], message["dtype"])
        number = len(self._open)
        self._open[number] = model
        weights = {name: tuple(value.shape) for name, value in model.weights.items()}
        return {"number": number, "weights": weights, "signature": model.signature}

    def _of_model(self, message: Message) -> Any:
        """Call a method of a model that is kept."""
        model = self._side.ready(self._open[message["number"]], message["model"])
        return getattr(model, message["method"])(*message["arguments"])

    def _question(self, message: Message) -> Any:
        """Answer a question about a model that is named."""
        return self._side.answer(message["question"], message)


def main(module: str, place: str) -> None:
    """Answer requests until standard input ends.

    Args:
        module: the name of the module that makes the side's models.
        place: how errors name this interpreter.
    """
    output = os.fdopen(os.dup(1), "wb")
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    waiting: queue.Queue[Message] = queue.Queue()
    threading.Thread(target=_read, args=(requests, waiting), daemon=True).start()

    def ask(question: Message) -> Any:
        send(output, {"question": question})
        answer = waiting.get()
        if "error" in answer:
            raise ParityError(answer["error"])
        return answer["answer"]

    worker: Worker | None = None
    while True:
        message = waiting.get()
        try:
            if worker is None:
                worker = Worker(importlib.import_module(module), ask)
            reply: Message = {"answer": worker.answer(message)}
            send(output, reply)
        except (Exception, SystemExit) as error:
            send(output, {"error": _error(error, place)})
        sys.stdout.flush()


def _read(file: BinaryIO, waiting: "queue.Queue[Message]") -> None:
    """Queue the messages of a file; end the process at its end, whatever else is running."""
    while True:
        message = receive(file)
        if message is None:
            os._exit(0)
        waiting.put(message)


def _error(error: BaseException, place: str) -> dict[str, str]:
    """Return an error as the kind and text with which the parent raises it again."""
    missing = _missing(error)
    if missing:
        text = f"{missing} is not installed in {place}"
        because = f": {error}" if isinstance(error, ParityError) else ", and this side needs it"
        return {"kind": UnavailableError.__name__, "text": text + because}
    if isinstance(error, ParityError):
        return {"kind": type(error).__name__, "text": str(error)}
    return {"kind": type(error).__name__, "text": describe(error).partition(": ")[2], "own": "no"}


def _missing(error: BaseException | None) -> str:
    """Return the package that an error, or what caused it, misses; "" if none does."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and error.name:
            return error.name.partition(".")[0]
        error = error.__cause__
    return ""


def named_folder(described: Message) -> tuple[str, Path]:
    """Return a model's name and the folder that it is relative to."""
    return described["name"], Path(described["folder"])
