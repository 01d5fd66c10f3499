"""Small ports of two layers and a whole model, recorded and checked within milliseconds."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.record import recorder
from parity.record.recorded_reference import RecordedReference
from parity.record.request import RecordRequest

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


def two_layers(
    candidate: Function = second, reference: Function = second, options: Any = None
) -> Port:
    """Make a port whose second layer takes the first one's output, and may be wrong."""

    def whole(of: Function) -> Function:
        def run(x: np.ndarray) -> dict[str, Any]:
            begun = first(x)
            return {**begun, **of(begun["first"])}

        return run

    configs = (Configuration("default", options or {}),)
    return Port(
        "two_layers",
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
    """Return the port as it is checked where its reference's framework is missing."""
    return replace(
        port, pairs=tuple(replace(pair, reference=side(must_not_run)) for pair in port.pairs)
    )


def record(port: Port, folder: Path, sample_rounding: bool = True, **selection: Any) -> Path:
    folder.mkdir()
    request = RecordRequest("port.py", Selection(**selection), None, RECORDS, sample_rounding)
    given = port.load_inputs(None, request.selection.seed, RECORDS)
    recorder.record(port, given, request, folder, folder)
    return folder


def recorded(port: Port, folder: Path, records: int = RECORDS, **selection: Any) -> Checker:
    """Make a checker with a recording in the reference's place; refuse one that does not fit."""
    request = RecordRequest("port.py", Selection(**selection), None, records)
    given = port.load_inputs(None, request.selection.seed, records)
    reference = RecordedReference(folder, request)
    checker = Checker(port, given, request.selection, reference)
    reference.refuse_unfit(checker)
    return checker


def live(port: Port, **selection: Any) -> Checker:
    chosen = Selection(**selection)
    return Checker(port, port.load_inputs(None, chosen.seed, RECORDS), chosen)


def results(checker: Checker) -> list[CaseResult]:
    """Run all cases, without how long each took."""
    return [
        replace(checker.run(pair, config, m), seconds=0.0)
        for pair, config, modes in checker.cases()
        for m in modes
    ]


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """Return what the tests of recordings share: ports, and how to record and check them."""
    shared = (side, second, two_layers, without_reference, record, recorded, live, results)
    return SimpleNamespace(**{function.__name__: function for function in shared})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a recording of the whole right port."""
    return record(two_layers(), tmp_path / "recording")
