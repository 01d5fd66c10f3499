"""Frameworks by name: what their runners offer, and the import of one when a side names it."""

import importlib
from typing import Any, Protocol

from parity.arrays import Array
from parity.declaring.port import Side
from parity.declaring.trace import Task, Trace
from parity.errors import DeclarationError, NotExportedError, UnavailableError

FRAMEWORKS = ("tensorflow", "torch", "numpy")
# Those whose layers can be exported to ONNX.
EXPORTED = ("tensorflow", "torch")
# Which extra of this package installs a module.
_EXTRAS = {
    "tensorflow": "tensorflow",
    "torch": "torch",
    "onnx": "onnx",
    "onnxscript": "onnx",
    "onnxruntime": "onnx",
    "tf2onnx": "tf2onnx",
}


class Runner(Protocol):
    """What a module of this package offers."""

    def version(self) -> str:
        """The version of the framework."""

    def run(self, side: Side, role: str, task: Task, dtype: str) -> Trace:
        """Build the side in `dtype`, give it the task's weights, run it.

        By `role`, "reference" or "candidate", the weights are laid out.
        """

    def put(self, parameter: Any, array: Array) -> None:
        """Give a parameter its values."""

    def tensor(self, array: Array, dtype: str) -> Any:
        """A tensor of the framework, in `dtype` if it is floating."""

    def numbers(self, value: Any) -> Array:
        """The values of a tensor or parameter, as a copy."""


def runner(framework: str) -> Runner:
    """The runner of a framework.

    Raises UnavailableError if the framework is not installed, DeclarationError if there is no
    runner for it.
    """
    if framework not in FRAMEWORKS:
        raise DeclarationError(
            f"no runner for framework '{framework}'; there is {', '.join(FRAMEWORKS)}"
        )
    module: Runner = _module(framework, "one side of this port")
    return module


class Exporter(Protocol):
    """What a module offers that exports a framework's layers to ONNX."""

    def version(self) -> str:
        """The versions of all that makes the file."""

    def export(self, side: Side, role: str, task: Task, dtype: str) -> Any:
        """Build the side in `dtype`, give it the task's weights, export it.

        The result is what parity.runners.onnx.runtime runs. Raises NotExportedError.
        """


def exporter(framework: str) -> Exporter:
    """The exporter to ONNX of a framework.

    Raises UnavailableError if it is not installed, NotExportedError if there is none.
    """
    if framework not in EXPORTED:
        raise NotExportedError(f"there is no exporter to ONNX from {framework}")
    exporter: Exporter = _module(f"{framework}.onnx_export", f"the export from {framework} to ONNX")
    return exporter


def onnx_runner() -> Any:
    """The module that runs what an exporter made; UnavailableError if it is not installed."""
    return _module("onnx.runtime", "the run of what is exported to ONNX")


def _module(name: str, needed_by: str) -> Any:
    try:
        return importlib.import_module(f"parity.runners.{name}")
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRAS:
            raise
        raise UnavailableError(
            f"{missing} is not installed, and {needed_by} needs it; "
            f"install it with: pip install 'gmvp-parity[{_EXTRAS[missing]}]'"
        ) from error


def calls_of(framework: str) -> Any:
    """The module that sees and changes the calls of a framework's layers; None if there is none.

    It offers `recording` and `done_otherwise`, as parity.runners.torch.calls has them.
    """
    return importlib.import_module("parity.runners.torch.calls") if framework == "torch" else None


def models_of(framework: str) -> Any:
    """The module that makes whole models of a framework, "tensorflow" or "torch".

    Raises UnavailableError if the framework is not installed.
    """
    runner(framework)
    return importlib.import_module(f"parity.runners.{framework}.models")
