"""Pytest plugin: a test for each case of a port, in any test suite.

    from parity.pytest_plugin import parity_port

    test_my_port = parity_port("my_port.py", grad=True)

pytest imports this module at every start, so the engine is imported only when it is needed.
"""

import inspect
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from parity.checking.case_result import CaseResult
    from parity.checking.checker import Checker
    from parity.checking.selection import Selection
    from parity.checking.training_cases import TrainingCases
    from parity.declaring.port import Configuration, Pair
    from parity.declaring.training import Training
    from parity.report.checked import Checked

_DECLARED = "__parity_port__"


@dataclass(frozen=True)
class Declared:
    """Arguments of a call of `parity_port`, and the folder that its paths are relative to."""

    port: str
    folder: Path
    layers: tuple[str, ...]
    configs: tuple[str, ...]
    modes: tuple[str, ...]
    grad: bool
    train: bool | None
    inputs: str | None
    records: int
    seed: int
    golden: str | None

    def path(self, name: str) -> str:
        """Return the path of a file beside the test, from the folder in which pytest runs."""
        return os.path.relpath(self.folder / name)

    @property
    def selection(self) -> "Selection":
        """Return the requested selection of cases."""
        from parity.checking.selection import Selection

        return Selection(
            self.layers, self.configs, self.modes, self.grad, self.seed, training=self.train
        )


def parity_port(
    port: str,
    *,
    layers: tuple[str, ...] | list[str] = (),
    configs: tuple[str, ...] | list[str] = (),
    mode: Literal["isolated", "cascade", "both"] = "both",
    grad: bool = False,
    train: bool | None = None,
    inputs: str | None = None,
    records: int = 10,
    seed: int = 1,
    golden: str | None = None,
) -> Any:
    """Return a test for each case of a port, to be named in a test module.

    Args:
        port: an installed port's name, or a .py file that declares one, relative to the test file.
        layers: names of layers; all if empty.
        configs: names of configurations, wildcards allowed; all if empty.
        mode: as `parity check --mode`.
        grad: whether gradients are checked too.
        train: whether layers are compared in training mode too, and one step of each training is
            taken; None to compare layers if the port declares a training.
        inputs: None for what ships with the port, "random", or a path relative to the test file.
        records: the largest number of records.
        seed: seed of weights and of random inputs.
        golden: a recording that replaces the reference, relative to the test file; None to run it.
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
        train,
        inputs,
        records,
        seed,
        golden,
    )

    def test() -> None:
        # Runs only if the plugin is not active, in which case a port must not pass.
        pytest.fail("parity's plugin is not active: pytest -p parity.pytest_plugin", pytrace=False)

    setattr(test, _DECLARED, declared)
    return test


def pytest_pycollect_makeitem(
    collector: pytest.Module | pytest.Class, name: str, obj: object
) -> "PortTests | None":
    """Collect the cases of a `parity_port`, whatever its name in the test module."""
    declared = getattr(obj, _DECLARED, None) if inspect.isfunction(obj) else None
    if declared is None:
        return None
    return PortTests.from_parent(collector, name=name, declared=declared)


class PortTests(pytest.Collector):
    """Cases of one port; they share one checker, so that whole models run once."""

    def __init__(self, *, declared: Declared, **rest: Any) -> None:
        super().__init__(**rest)
        self.declared = declared

    @property
    def named(self) -> str:
        """Return the port as `parity check` takes it from the folder in which pytest runs."""
        port = self.declared.port
        return self.declared.path(port) if port.endswith(".py") else port

    @cached_property
    def checker(self) -> "Checker":
        """Return the checker with the port's inputs; raise ParityError for an unknown name."""
        from parity.commands.preparing import prepare

        given = self.declared
        from_file = given.inputs not in (None, "random")
        inputs = given.path(str(given.inputs)) if from_file else given.inputs
        golden = Path(given.path(given.golden)) if given.golden is not None else None
        return prepare(self.named, given.selection, inputs, given.records, golden)

    @cached_property
    def in_training(self) -> "TrainingCases":
        """Return what checks layers in training mode."""
        from parity.checking.training_cases import TrainingCases

        return TrainingCases(self.checker)

    def collect(self) -> "Iterator[CaseTest | StepTest]":
        """Yield a test for each case, in the port's order, without building a side."""
        from parity.errors import ParityError
        from parity.train import one_step

        try:
            planned = self.checker.cases()
        except ParityError as error:
            raise self.CollectError(str(error)) from None
        for pair, config, modes in planned:
            trained = ("training",) * self.in_training.compares(pair, config)
            for mode in (*modes, *trained):
                name = f"{pair.layer}-{config.name}-{mode}"
                yield CaseTest.from_parent(self, name=name, case=(pair, config, mode))
        for training in one_step.selected(self.checker.port, self.checker.selection):
            name = f"training-{training.name}-{one_step.CONFIG.replace(' ', '_')}"
            yield StepTest.from_parent(self, name=name, training=training)


@dataclass
class CaseFailedError(Exception):
    """A case that does not pass, with the lines that explain it."""

    verdict: str
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n    ".join([self.verdict, *self.lines])


class PortTest(pytest.Item):
    """A test of a port: it fails with an explanation in place of a traceback."""

    parent: PortTests

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the explanation of a failing case, without a traceback."""
        from parity.errors import ParityError

        if isinstance(excinfo.value, (CaseFailedError, ParityError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Return the test's file and its name in a report."""
        return self.path, None, f"{self.parent.name}[{self.name}]"


class CaseTest(PortTest):
    """One case: it passes if `parity check` passes it, and is never skipped."""

    def __init__(self, *, case: "tuple[Pair, Configuration, str]", **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case

    def runtest(self) -> None:
        """Run the case; raise CaseFailedError if it does not pass."""
        pair, config, mode = self.case
        if mode == "training":
            result = self._in_training()
        else:
            result = self.parent.checker.run(pair, config, mode)
        if result is not None and not result.verdict.passes:
            self._fail(result)
        if mode == "isolated" and not self.parent.in_training.selected:
            self._in_training()

    def _fail(self, result: "CaseResult") -> None:
        from parity.report.summary import headline
        from parity.report.terminal import details

        pair, _, _ = self.case
        sides = (pair.reference.framework, pair.candidate.framework)
        lines = [line.plain for line in details(result, sides, shown=None)]
        raise CaseFailedError(str(result.verdict), [*headline(self._checked(result)), *lines])

    def _in_training(self) -> "CaseResult | None":
        """Return the layer's result in training; warn if it was only compared in evaluation."""
        from parity.checking.training_runs import EvaluationOnly
        from parity.report.evaluation_only import lines

        pair, config, _ = self.case
        found = self.parent.in_training.run(pair, config)
        if isinstance(found, EvaluationOnly):
            (line,) = lines([found], "give parity_port train=True")
            warnings.warn(pytest.PytestWarning(line), stacklevel=1)
            return None
        return found

    def _checked(self, result: "CaseResult") -> "Checked":
        """Return the check of this case, begun by the first case that a fault could come from.

        In a cascade, the layers before it in the port are run too: if one of them fails, the fault
        is in the first of these, not in this layer. An isolated case is diagnosed.
        """
        from rich.console import Console

        from parity.report.checked import Checked
        from parity.report.explain import Explained, explain

        checker, (_, config, mode) = self.parent.checker, self.case
        results = [result]
        if mode == "cascade":
            results = [
                result if pair is self.case[0] else checker.run(pair, config, mode)
                for pair, same, modes in checker.cases()
                if same.name == config.name and mode in modes
            ]
        found = Explained()
        if mode != "cascade":
            found = explain(Console(quiet=True), checker, [result])
        return Checked(
            checker.port.name,
            {},
            checker.inputs,
            checker.selection,
            tuple(results),
            found.documents,
            0.0,
            checker.port.pairs,
            named=self.parent.named,
        )


class StepTest(PortTest):
    """One step of a declared training: it passes if loss, gradients and weights do."""

    def __init__(self, *, training: "Training", **rest: Any) -> None:
        super().__init__(**rest)
        self.training = training

    def runtest(self) -> None:
        """Take the step on both sides; raise CaseFailedError if one differs."""
        from parity.train import one_step

        checker = self.parent.checker
        result = one_step.one_step(self.training, checker.inputs, checker.selection.seed)
        if not result.verdict.passes:
            raise CaseFailedError(str(result.verdict), list(result.notes))
