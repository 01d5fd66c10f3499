"""Small numpy ports to fuzz: a reference, a candidate, and the inputs that they take."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.domains import Domain
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.fuzz.search import FuzzRun, Limits
from parity.fuzz.target import FuzzTarget, make_target

Function = Callable[..., dict[str, Any]]


def _side(function: Function) -> Side:
    return Side("numpy", lambda options, dtype: Built(lambda inputs: function(**inputs)))


def _records(source: str | None, seed: int, count: int) -> InputSet:
    """Return normal numbers, a mask that keeps the first of each row, and codes from 0 to 4."""
    random = np.random.default_rng(seed)
    mask = random.integers(0, 2, (count, 5)).astype(np.float32)
    mask[:, 0] = 0
    codes = random.integers(0, 5, (count, 3)).astype(np.float32)
    codes[0] = 0, 2, 4
    x = random.normal(size=(count, 5)).astype(np.float32)
    return InputSet("drawn", {"x": x, "mask": mask, "codes": codes})


@pytest.fixture(scope="session")
def small_port() -> Callable[..., Port]:
    """Return a function that makes a port of one pair, which takes some of x, mask and codes."""

    def make(
        reference: Function,
        candidate: Function,
        names: tuple[str, ...] = ("x",),
        domains: tuple[Domain, ...] = (),
    ) -> Port:
        pair = Pair(
            "layer",
            _side(reference),
            _side(candidate),
            (Configuration("default", {"size": 5}),),
            lambda given: {name: given.inputs.arrays[name] for name in names},
            domains=domains,
        )
        return Port("small", (pair,), _records)

    return make


@pytest.fixture(scope="session")
def target_of() -> Callable[[Port], FuzzTarget]:
    """Return a function that makes the target of a port's only pair, on four records."""

    def make(port: Port) -> FuzzTarget:
        checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
        return make_target(checker, port.pairs[0], port.pairs[0].configs[0])

    return make


@pytest.fixture(scope="session")
def fuzzed(target_of) -> Callable[..., FuzzRun]:
    """Return a function that fuzzes a port's only pair."""

    def fuzz(port: Port, examples: int = 150, seed: int = 1) -> FuzzRun:
        run = FuzzRun(port.pairs[0], port.pairs[0].configs[0], target_of(port))
        run.run(Limits(examples, seed=seed))
        return run

    return fuzz
