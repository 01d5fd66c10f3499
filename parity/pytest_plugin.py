"""A test for each case of a port, in any test suite.

    from parity.pytest_plugin import parity_port

    test_my_port = parity_port("my_port.py", grad=True)

pytest imports this module at every start, so it imports nothing of the engine before it is needed.
"""

import inspect
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from parity.checking.checker import Checker
    from parity.checking.selection import Selection
    from parity.declaring.port import Configuration, Pair

_DECLARED = "__parity_port__"


@dataclass(frozen=True)
class Declared:
    """What a call of `parity_port` asked for, and the folder that its paths are relative to."""

    port: str
    folder: Path
    layers: tuple[str, ...]
    configs: tuple[str, ...]
    modes: tuple[str, ...]
    grad: bool
    inputs: str | None
    records: int
    seed: int
    golden: str | None

    def path(self, name: str) -> str:
        """A file beside the test, as a path from the folder in which pytest runs."""
        return os.path.relpath(self.folder / name)

    @property
    def selection(self) -> "Selection":
        """The same as the engine has it."""
        from parity.checking.selection import Selection

        return Selection(self.layers, self.configs, self.modes, self.grad, self.seed)


def parity_port(
    port: str,
    *,
    layers: tuple[str, ...] | list[str] = (),
    configs: tuple[str, ...] | list[str] = (),
    mode: Literal["isolated", "cascade", "both"] = "both",
    grad: bool = False,
    inputs: str | None = None,
    records: int = 10,
    seed: int = 1,
    golden: str | None = None,
) -> Any:
    """A test for each case of a port, to be given a name in a test module.

    Args:
        port: an installed port's name, or a .py file that declares one, relative to the test's.
        layers: only these; all if empty.
        configs: only these, wildcards allowed; all if empty.
        mode: as `parity check --mode`.
        grad: gradients too.
        inputs: None for what ships with the port, "random", or a path relative to the test's file.
        records: at most so many records of the inputs.
        seed: of weights and of random inputs.
        golden: a recording to take the reference from, relative to the test's file; None to run it.
    """
    if isinstance(layers, str) or isinstance(configs, str):
        raise TypeError("parity_port: layers and configs are lists of names, not one name")
    caller = inspect.stack(context=0)[1].filename
    modes = ("isolated", "cascade") if mode == "both" else (mode,)
    declared = Declared(
        port,
        Path(caller).parent,
        tuple(layers),
        tuple(configs),
        modes,
        grad,
        inputs,
        records,
        seed,
        golden,
    )

    def test() -> None:
        # Seen only where nobody made cases of it: a port must never pass for want of a plugin.
        pytest.fail("parity's plugin is not active: pytest -p parity.pytest_plugin", pytrace=False)

    setattr(test, _DECLARED, declared)
    return test


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> "PortTests | None":
    """Make cases of what `parity_port` gave, whatever name it has in the test module."""
    declared = getattr(obj, _DECLARED, None) if inspect.isfunction(obj) else None
    if declared is None:
        return None
    return PortTests.from_parent(collector, name=name, declared=declared)


class PortTests(pytest.Collector):
    """The cases of one port; they share one checker, so that whole models are run once."""

    def __init__(self, *, declared: Declared, **rest: Any) -> None:
        super().__init__(**rest)
        self.declared = declared

    @cached_property
    def checker(self) -> "Checker":
        """The checker, with the port's inputs; ParityError if anything named is not there."""
        from parity.commands.preparing import prepare

        given = self.declared
        port = given.path(given.port) if given.port.endswith(".py") else given.port
        from_file = given.inputs not in (None, "random")
        inputs = given.path(str(given.inputs)) if from_file else given.inputs
        golden = Path(given.path(given.golden)) if given.golden is not None else None
        return prepare(port, given.selection, inputs, given.records, golden)

    def collect(self) -> Iterator["CaseTest"]:
        """One test for each case, in the port's order; no side is built for it."""
        from parity.errors import ParityError

        try:
            planned = self.checker.cases()
        except ParityError as error:
            raise self.CollectError(str(error)) from None
        for pair, config, modes in planned:
            for mode in modes:
                name = f"{pair.layer}-{config.name}-{mode}"
                yield CaseTest.from_parent(self, name=name, case=(pair, config, mode))


@dataclass
class CaseFailedError(Exception):
    """A case that does not pass, and what is to be said of it."""

    verdict: str
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n    ".join([self.verdict, *self.lines])


class CaseTest(pytest.Item):
    """One case: it passes as `parity check` has it pass, and is never skipped."""

    parent: PortTests

    def __init__(self, *, case: "tuple[Pair, Configuration, str]", **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case

    def runtest(self) -> None:
        """Run the case; what does not pass raises."""
        pair, config, mode = self.case
        result = self.parent.checker.run(pair, config, mode)
        if result.verdict.passes:
            return
        from parity.report.terminal import details

        sides = (pair.reference.framework, pair.candidate.framework)
        said = [line.plain for line in details(result, sides, shown=None)]
        raise CaseFailedError(str(result.verdict), said)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the terminal says of the case, without a traceback."""
        from parity.errors import ParityError

        if isinstance(excinfo.value, (CaseFailedError, ParityError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the test is and what it is called in a report."""
        return self.path, None, f"{self.parent.name}[{self.name}]"
