"""Weight files of two whole models, by the runners of their frameworks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from parity.arrays import Arrays
from parity.declaring.frameworks import runner, weight_files_module
from parity.declaring.interpreters import remote_framework
from parity.declaring.model_sides import ReferenceModel
from parity.declaring.weight_files import WeightFiles
from parity.errors import InputError
from parity.weight_files.contents import same_bits


class _References(Protocol):
    """Module of the reference's files: parity.runners.tensorflow.weight_files."""

    def read_weights(self, model: Any, path: Path, whose: str) -> Arrays:
        """Read a file of the model's weights."""

    def write_weights(self, model: Any, path: Path, arrays: Arrays) -> None:
        """Write the model's weights with some of them replaced."""


class _Candidates(Protocol):
    """Module of the candidate's state dicts: parity.runners.torch.weight_files."""

    def whole_state(self, model: Any, weights: Arrays) -> Arrays:
        """Return the whole state dict, with these weights in it."""

    def map_weights(self, model: Any, state: Arrays, path: str) -> Arrays:
        """Return the weights of a whole state dict by the map's keys."""


class _ElsewhereReader(Protocol):
    """Runner of references in another interpreter: parity.runners.remote.runner."""

    def read_weights(self, model: ReferenceModel, path: Path) -> Arrays:
        """Read a file of the model's weights."""

    def built_weights(self, model: ReferenceModel, names: Sequence[str]) -> Arrays:
        """Return weights as the model builds them."""


def files_of_models(
    reference: str,
    open_reference: Callable[[], Any],
    open_candidate: Callable[[], Any],
    kept: Sequence[str],
) -> WeightFiles:
    """Return how two whole models read and write weight files.

    `reference` is the reference's name for messages; weights in `kept` keep the values that each
    side builds, and a file must hold the same.
    """

    def references() -> _References:
        return cast(_References, weight_files_module("tensorflow"))

    def candidates() -> _Candidates:
        return cast(_Candidates, weight_files_module("torch"))

    def read(path: Path) -> Arrays:
        model = open_reference()
        found = references().read_weights(model, path, reference)
        return _without_kept(str(path), found, _numbers(model.weights, kept, "tensorflow"))

    def write(path: Path, arrays: Arrays) -> None:
        references().write_weights(open_reference(), path, arrays)

    def state(weights: Arrays) -> Arrays:
        return candidates().whole_state(open_candidate(), weights)

    def parts(state: Arrays, path: str) -> Arrays:
        model = open_candidate()
        built = _numbers(model.weights, kept, "torch")
        return _without_kept(path, candidates().map_weights(model, state, path), built)

    return WeightFiles(read, write, state, parts)


def read_elsewhere(reference: ReferenceModel, path: Path, kept: Sequence[str]) -> Arrays:
    """Read a file of a reference's weights in the interpreter that the reference runs in."""
    runs = cast(_ElsewhereReader, runner(remote_framework("reference")))
    held = runs.built_weights(reference, kept) if kept else {}
    return _without_kept(str(path), runs.read_weights(reference, path), held)


def _numbers(weights: Mapping[str, Any], names: Sequence[str], framework: str) -> Arrays:
    numbers = runner(framework).numbers
    return {name: numbers(weights[name]) for name in names if name in weights}


def _without_kept(path: str, found: Arrays, kept: Arrays) -> Arrays:
    """Return the weights that are not kept; raise InputError if a file has other values for one."""
    for name, built in kept.items():
        if name in found and not same_bits(found[name], built):
            raise InputError(
                f"{path} holds other values for '{name}' than the model builds, and the port keeps "
                "those (`kept`); add it to the weight map"
            )
    return {name: array for name, array in found.items() if name not in kept}
