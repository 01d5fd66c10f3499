"""A small port that needs no framework, and the gMVP port with its frameworks loaded once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.registry import find
from parity.report.checked import Checked

Function = Callable[..., dict[str, Any]]


def numpy_side(function: Function) -> Side:
    """A side that calls a plain function with the inputs by name; the dtype is the inputs' own."""
    return Side("numpy", lambda options, dtype: Built(lambda inputs: function(**inputs)))


def mean_and_scaled(x: np.ndarray) -> dict[str, Any]:
    """The reference of the small port: two outputs, one of them rounded on the way."""
    return {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3)}


@pytest.fixture(scope="session")
def toy() -> Callable[..., Port]:
    """Makes a port of one pair, `layer`, whose candidate is the function given."""

    def make(candidate: Function = mean_and_scaled, reference: Function = mean_and_scaled) -> Port:
        def load(source: str | None, seed: int, count: int) -> InputSet:
            random = np.random.default_rng(seed)
            return InputSet("drawn", {"x": random.normal(size=(count, 7)).astype(np.float32)})

        pair = Pair(
            "layer",
            numpy_side(reference),
            numpy_side(candidate),
            (Configuration("default", {}), Configuration("other", {})),
            lambda given: given.inputs.arrays,
        )
        return Port("toy", (pair,), load)

    return make


@pytest.fixture(scope="session")
def run_case() -> Callable[..., CaseResult]:
    """Runs one case of a port: the first configuration of its only pair, unless told otherwise."""

    def run(
        port: Port,
        layer: str | None = None,
        config: str | None = None,
        source: str | None = None,
        mode: str = "isolated",
        records: int = 5,
        gradients: bool = False,
        seed: int = 1,
    ) -> CaseResult:
        pair = port.pair(layer or port.layers[0])
        configuration = next(c for c in pair.configs if config in (None, c.name))
        checker = Checker(
            port, port.load_inputs(source, seed, records), Selection(gradients=gradients, seed=seed)
        )
        return checker.run(pair, configuration, mode)

    return run


@pytest.fixture(scope="session")
def gmvp() -> Port:
    """The gMVP port."""
    return find("gmvp")


@pytest.fixture(scope="session")
def swap() -> Callable[..., Port]:
    """A port with fields of one of its pairs replaced."""

    def swapped(port: Port, layer: str, **changes: Any) -> Port:
        pairs = tuple(
            replace(pair, **changes) if pair.layer == layer else pair for pair in port.pairs
        )
        return replace(port, pairs=pairs)

    return swapped


@pytest.fixture(scope="session")
def check_port() -> Callable[..., Checked]:
    """Checks a whole port, as `parity check` does but for the diagnosis."""

    def check(port: Port, **selection: Any) -> Checked:
        chosen = Selection(**selection)
        checker = Checker(port, port.load_inputs(None, chosen.seed, 5), chosen)
        results = [checker.run(p, c, mode) for p, c, modes in checker.cases() for mode in modes]
        return Checked(
            port.name,
            checker.versions(),
            checker.inputs,
            chosen,
            tuple(results),
            (),
            1.0,
            port.pairs,
        )

    return check
