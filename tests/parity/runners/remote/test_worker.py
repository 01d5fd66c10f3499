"""Answers of a worker, asked in this process."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from parity.declaring.trace import Task, Trace
from parity.errors import StructureError
from parity.runners.remote.worker import Worker, _error, named_folder


class Model:
    signature = None

    def __init__(self) -> None:
        self.weights = {"w": np.ones(2)}

    def describe(self, given: int) -> int:
        return given + 1


class Side:
    def __init__(self) -> None:
        self.PACKAGES: Mapping[str, tuple[str, ...]] = {
            "numpy": ("nothing of this name", "numpy"),
            "no_such_package": ("x",),
        }

    def opened(self, described: dict[str, Any], dtype: str) -> Model:
        return Model()

    def ready(self, model: Model, described: dict[str, Any]) -> Model:
        return model

    def numbers(self, model: Model, names: list[str]) -> dict[str, Any]:
        return {name: model.weights[name] for name in names}

    def run(self, described: Any, side: Any, task: Task, dtype: str, changes: Any) -> Trace:
        assert task.cotangents is not None
        return Trace("numpy", "1", dtype, task.cotangents({"y": (2,)}))

    def answer(self, question: str, message: dict[str, Any]) -> str:
        return question


@pytest.fixture
def worker() -> Worker:
    return Worker(Side(), lambda question: {"y": np.ones(question["cotangents"]["y"])})


def test_versions_are_read_without_an_import(worker: Worker) -> None:
    assert worker.answer({"op": "versions"}) == {"numpy": np.__version__}


def test_cotangents_are_asked_of_the_parent(worker: Worker) -> None:
    message = {
        **{"op": "run", "model": {}, "side": {}, "options": {}, "inputs": {}, "weights": {}},
        **{"differentiate": None, "constant": (), "dtype": "float64", "changes": None},
    }
    found = worker.answer(message)
    np.testing.assert_array_equal(found["trace"].outputs["y"], [1, 1])


def test_models_are_kept_by_number(worker: Worker) -> None:
    opened = worker.answer({"op": "open_model", "model": {}, "dtype": "float32"})
    assert opened == {"number": 0, "weights": {"w": (2,)}, "signature": None}
    again = {"op": "of_model", "number": 0, "model": {}, "method": "describe", "arguments": (1,)}
    assert worker.answer(again) == 2
    assert worker.answer({"op": "weights", "model": {}, "names": ()}).keys() == {"w"}
    assert worker.answer({"op": "question", "question": "which"}) == "which"


def test_errors_keep_their_kind_and_one_line() -> None:
    assert _error(StructureError("no"), "here") == {"kind": "StructureError", "text": "no"}
    foreign = _error(ValueError("one\ntwo"), "here")
    assert (foreign["kind"], foreign["text"]) == ("ValueError", "one")
    try:
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    except ModuleNotFoundError as error:
        text = _error(error, "../old/bin/python")["text"]
    assert text.startswith("no_such_package is not installed in ../old/bin/python")


def test_a_model_is_named_with_its_folder() -> None:
    name, folder = named_folder({"name": "a.py:f", "folder": "/x"})
    assert (name, str(folder)) == ("a.py:f", "/x")
