"""Small ports of two layers and a whole, recorded and checked within milliseconds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.checking.checker import CaseResult, Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.record import recorder
from parity.record.asked import Asked
from parity.record.recorded import RecordedReference

Function = Callable[..., dict[str, Any]]
RECORDS = 5


def side(function: Function) -> Side:
    return Side("numpy", lambda options, dtype: Built(lambda inputs: function(**inputs)))


def first(x: np.ndarray) -> dict[str, Any]:
    return {"first": x * x.dtype.type(1 / 3), "name": np.array(["one", "ä"])}


def second(x: np.ndarray) -> dict[str, Any]:
    return {"second": x.mean(-1), "above": x.max(-1) > 0}


def must_not_run(**inputs: np.ndarray) -> dict[str, Any]:
    raise AssertionError("the reference was run")


def load(source: str | None, seed: int, count: int) -> InputSet:
    random = np.random.default_rng(seed)
    return InputSet("drawn", {"x": random.normal(size=(count, 7)).astype(np.float32)})


def staged(candidate: Function = second, reference: Function = second, options: Any = None) -> Port:
    """A port whose second layer is fed with what the first gives, and may be wrong."""

    def whole(of: Function) -> Function:
        def run(x: np.ndarray) -> dict[str, Any]:
            begun = first(x)
            return {**begun, **of(begun["first"])}

        return run

    configs = (Configuration("default", options or {}),)
    return Port(
        "staged",
        (
            Pair(
                "one",
                side(first),
                side(first),
                configs,
                lambda given: given.inputs.arrays,
                intermediates=("first", "name"),
            ),
            Pair(
                "two",
                side(reference),
                side(candidate),
                configs,
                lambda given: {"x": given.intermediates["first"]},
                intermediates=("second", "above"),
            ),
            Pair(
                "whole",
                side(whole(reference)),
                side(whole(candidate)),
                configs,
                lambda given: given.inputs.arrays,
            ),
        ),
        load,
        whole="whole",
    )


def without_reference(port: Port) -> Port:
    """The port as it is checked where its reference's framework is missing."""
    return replace(
        port, pairs=tuple(replace(pair, reference=side(must_not_run)) for pair in port.pairs)
    )


def record(port: Port, folder: Path, neighbours: bool = True, **selection: Any) -> Path:
    folder.mkdir()
    asked = Asked("port.py", Selection(**selection), None, RECORDS, neighbours)
    given = port.load_inputs(None, asked.selection.seed, RECORDS)
    recorder.record(port, given, asked, folder, folder, lambda case, seconds: None)
    return folder


def recorded(port: Port, folder: Path, records: int = RECORDS, **selection: Any) -> Checker:
    """A checker with a recording in the reference's place, that fits what is asked."""
    asked = Asked("port.py", Selection(**selection), None, records)
    given = port.load_inputs(None, asked.selection.seed, records)
    reference = RecordedReference(folder, asked)
    checker = Checker(port, given, asked.selection, reference)
    reference.refuse_unfit(checker)
    return checker


def live(port: Port, **selection: Any) -> Checker:
    chosen = Selection(**selection)
    return Checker(port, port.load_inputs(None, chosen.seed, RECORDS), chosen)


def results(checker: Checker) -> list[CaseResult]:
    """All cases; how long each took is not compared."""
    return [
        replace(checker.run(pair, config, m), seconds=0.0)
        for pair, config, modes in checker.cases()
        for m in modes
    ]


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """What the tests of recordings share: ports, and how they are recorded and checked."""
    shared = (side, second, staged, without_reference, record, recorded, live, results)
    return SimpleNamespace(**{function.__name__: function for function in shared})


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A recording of the whole right port."""
    return record(staged(), tmp_path / "bundle")
