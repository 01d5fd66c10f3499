"""One module for each framework; each is imported only when a side names it."""

import importlib
from typing import Any, Protocol

from parity.errors import DeclarationError, UnavailableError
from parity.port import Side
from parity.trace import Task, Trace

FRAMEWORKS = ("tensorflow", "torch", "numpy")


class Runner(Protocol):
    """What a module of this package offers."""

    def version(self) -> str:
        """The version of the framework."""

    def run(self, side: Side, role: str, task: Task, dtype: str) -> Trace:
        """Build the side in `dtype`, give it the task's weights, run it.

        By `role`, "reference" or "candidate", the weights are laid out.
        """


def runner(framework: str) -> Runner:
    """The runner of a framework.

    Raises UnavailableError if the framework is not installed, DeclarationError if there is no
    runner for it.
    """
    if framework not in FRAMEWORKS:
        raise DeclarationError(
            f"no runner for framework '{framework}'; there is {', '.join(FRAMEWORKS)}"
        )
    try:
        return importlib.import_module(f"parity.runners.{framework}")
    except ModuleNotFoundError as error:
        extra = {"torch": "torch", "tensorflow": "tensorflow"}.get(framework)
        if error.name is None or error.name.partition(".")[0] not in ("tensorflow", "torch"):
            raise
        raise UnavailableError(
            f"{framework} is not installed, and one side of this port needs it; "
            f"install it with: pip install -c constraints.txt '.[{extra}]'"
        ) from error


def calls_of(framework: str) -> Any:
    """The module that sees and changes the calls of a framework's layers; None if there is none.

    It offers `recording` and `done_otherwise`, as parity.runners.torch_calls has them.
    """
    return importlib.import_module("parity.runners.torch_calls") if framework == "torch" else None


def models_of(framework: str) -> Any:
    """The module that makes whole models of a framework, "tensorflow" or "torch".

    Raises UnavailableError if the framework is not installed.
    """
    runner(framework)
    return importlib.import_module(f"parity.runners.{framework}_models")
