"""Frameworks by name: interfaces of their runners, which are imported when a side names them.

To add a framework: write a module parity.runners.NAME with the interface `Runner`, and add its
name to `FRAMEWORKS` and the package that it imports to `_EXTRAS`. Everything else is optional: ONNX
export (`Exporter`), planted operations (`call_tools`), whole models (`models_module`).
"""

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Protocol, cast

from parity.arrays import Array, Arrays
from parity.declaring.constants import ConstantChanges
from parity.declaring.grafts import SeenRun
from parity.declaring.interpreters import role_of
from parity.declaring.known_bug import OtherOperation
from parity.declaring.port import Side
from parity.declaring.source_edits import Edit, Written
from parity.declaring.trace import Task, Trace
from parity.errors import NotExportedError, ParityError, UnavailableError

FRAMEWORKS = ("tensorflow", "torch", "numpy")
# Those whose layers can be exported to ONNX.
EXPORTED = ("tensorflow", "torch")
# The extra of this package that installs each module.
_EXTRAS = {
    "tensorflow": "tensorflow",
    "torch": "torch",
    "onnx": "onnx",
    "onnxscript": "onnx",
    "onnxruntime": "onnx",
    "tf2onnx": "tf2onnx",
}


class Runner(Protocol):
    """Module that runs layers of one framework: parity.runners.numpy, .tensorflow, .torch."""

    def version(self) -> str:
        """Return the version of the framework."""

    def run(
        self,
        side: Side,
        role: str,
        task: Task,
        dtype: str,
        constants: ConstantChanges | None = None,
    ) -> Trace:
        """Build the side in `dtype`, assign the task's weights, and run it.

        The weights are laid out as `role`, "reference" or "candidate", stores them. With
        `constants`, its constants are held in another way, and those changed are noted there; a
        framework that cannot see its constants changes none.
        """

    def put(self, parameter: Any, array: Array) -> None:
        """Set the values of a parameter."""

    def tensor(self, array: Array, dtype: str) -> Any:
        """Return a tensor of the framework, in `dtype` if it is floating."""

    def numbers(self, value: Any) -> Array:
        """Return the values of a tensor or parameter, as a copy."""

    def enable_gradients(self) -> AbstractContextManager[None]:
        """Let code of the block take gradients, also where a run takes none."""


class ExportedLayer(Protocol):
    """A layer exported to ONNX."""

    @property
    def model(self) -> bytes:
        """Return the ONNX file."""

    @property
    def note(self) -> str:
        """Return what the export could not preserve, or ""."""


class Exporter(Protocol):
    """Module that exports layers of one framework to ONNX."""

    def version(self) -> str:
        """Return the versions of everything that makes the file."""

    def export(self, side: Side, role: str, task: Task, dtype: str) -> ExportedLayer:
        """Build the side in `dtype`, assign the task's weights, and export it.

        Raises NotExportedError if it has no ONNX form.
        """


class OnnxRuntime(Protocol):
    """Module that runs exported layers: parity.runners.onnx.runtime."""

    def version(self) -> str:
        """Return the version of onnxruntime."""

    def run(self, exported: ExportedLayer, inputs: Arrays, dtype: str) -> Arrays:
        """Return the outputs on `inputs`, floating ones cast to `dtype`, by the layer's names."""


Call = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Call of a built layer: takes and returns named tensors of its framework."""


@dataclass(frozen=True)
class Way:
    """Alternative to a call: its name, and the number of the known bug it represents.

    `edit` says how it would be written, if that is known. One that `repairs` is what a wrong port
    should have done. It explains a mismatch that no known bug does, and is never planted: a right
    port has no reason to allow it.
    """

    name: str
    number: int | None
    repairs: bool = False
    edit: Edit | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Recorded:
    """One call within a layer: its kind, its index within the kind, and its alternatives.

    `written` says where it is in the candidate's source.
    """

    kind: str
    number: int
    now: str
    ways: tuple[Way, ...]
    written: Written | None = None


class CallTools(Protocol):
    """Module that records and replaces the calls of a framework's functions within a layer."""

    def noting_modules(self) -> AbstractContextManager[None]:
        """Note where the candidate's own code makes the modules of the block."""

    def recording(
        self,
        call: Call,
        found: list[Recorded],
        numbers: tuple[float, ...] = (),
        with_repairs: bool = True,
    ) -> Call:
        """Return `call`, which then appends to `found` each call that can be done another way.

        `numbers` are the reference's, of which other ways may be made; without repairs, ways that
        repair a call are left out.
        """

    def watching(self, call: Call, run: SeenRun) -> Call:
        """Return `call`, which then writes down in `run` each call that returns tensors."""

    def done_otherwise(self, call: Call, operation: OtherOperation) -> Call:
        """Return `call` with the operation done its other way."""


def runner(framework: str) -> Runner:
    """Return the runner of a framework, or that of a role's side in another interpreter.

    Raises UnavailableError if the framework is not installed, ParityError if there is no runner
    for it.
    """
    if role := role_of(framework):
        module = importlib.import_module("parity.runners.remote.runner")
        return cast(Runner, module.remote_runner(role))
    if framework not in FRAMEWORKS:
        raise ParityError(
            f"no runner for framework '{framework}'; expected {', '.join(FRAMEWORKS)}"
        )
    return cast(Runner, _module(framework, "one side of this port"))


def exporter(framework: str) -> Exporter:
    """Return the ONNX exporter of a framework.

    Raises UnavailableError if it is not installed, NotExportedError if there is none.
    """
    if framework not in EXPORTED:
        raise NotExportedError(f"there is no exporter to ONNX from {framework}")
    needed_by = f"the export from {framework} to ONNX"
    return cast(Exporter, _module(f"{framework}.onnx_export", needed_by))


def onnx_runtime() -> OnnxRuntime:
    """Return the module that runs exported layers; UnavailableError if it is not installed."""
    return cast(OnnxRuntime, _module("onnx.runtime", "running exported layers"))


def call_tools(framework: str) -> CallTools | None:
    """Return the module that records and replaces a framework's calls; None if there is none."""
    if framework != "torch":
        return None
    return cast(CallTools, _module("torch.calls", "one side of this port"))


def models_module(framework: str) -> ModuleType:
    """Return the module that makes whole models of a framework, "tensorflow" or "torch".

    Raises UnavailableError if the framework is not installed.
    """
    return _module(f"{framework}.models", "one side of this port")


def weight_files_module(framework: str) -> ModuleType:
    """Return the module that reads and writes weight files, "tensorflow" or "torch".

    Raises UnavailableError if the framework is not installed.
    """
    return _module(f"{framework}.weight_files", "this weight file or its model")


def _module(name: str, needed_by: str) -> ModuleType:
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
