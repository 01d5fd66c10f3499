"""Opening of both models by the names that a user gives, ready to be probed."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from parity.declaring.frameworks import runner
from parity.declaring.models import Input, draw_inputs
from parity.errors import ParityError
from parity.init.probe import Probe
from parity.runners.loading import split
from parity.runners.whole_models import OpenModel

# Records to probe both models with: more than one, so that no axis is mistaken for the batch.
_RECORDS = 4
_DTYPES = ("float32", "int32", "int64", "bool")
_FORM = re.compile(
    r"(?:(?P<name>\w+)=)?(?P<shape>\d+(?:x\d+)*)(?::(?P<dtype>\w+))?(?::(?P<below>\d+))?"
)
_EXPECTED = (
    "expected [NAME=]SHAPE[:DTYPE[:BELOW]] with the batch first, for instance 4x16 or "
    "words=4x6:int64:30 for integers from 0 to 29"
)


@dataclass(frozen=True)
class Names:
    """Names of the port and both models as the declaration writes them, relative to its folder."""

    port: str
    reference: str
    candidate: str


@dataclass(frozen=True)
class OpenModels:
    """Both models, opened in float64 and run once, and the inputs they take."""

    names: Names
    inputs: Mapping[str, Input]
    probe: Probe


def open_models(
    reference: str, candidate: str, given: tuple[str, ...], output: Path, seed: int
) -> OpenModels:
    """Build both models in float64 and run them once.

    Args:
        reference: names the model in TensorFlow.
        candidate: names the module in PyTorch.
        given: inputs as the user wrote them; empty to use those that the reference declares.
        output: the file to be written, which the names in it are relative to.
        seed: of the weights and inputs drawn.

    Raises:
        ParityError: something cannot be found, built or called.
    """
    for name in (reference, candidate):
        split(name)
    folder = Path()
    for framework in ("tensorflow", "torch"):
        runner(framework)  # Raises UnavailableError, in one line, if it is not installed.
    from parity.runners.tensorflow import models as keras
    from parity.runners.torch import models as torch

    if given:
        parsed = [parse_input(text) for text in given]
        default_names = keras.argument_names(reference, folder, len(parsed))
        names = [name or default for (name, _), default in zip(parsed, default_names, strict=True)]
        if len(set(names)) < len(names):
            raise ParityError(f"two inputs of one name: {', '.join(names)}")
        inputs = dict(zip(names, (one for _, one in parsed), strict=True))
    else:
        specs = keras.input_specs(reference, folder)
        if not specs:
            raise ParityError(
                f"{reference} does not declare its inputs; give them, batch first: --input 4x16"
            )
        inputs = {name: declared_input(name, *spec) for name, spec in specs.items()}
    bounded = any(one.below for one in inputs.values())
    inputs = {name: _with_bound(one, 2) for name, one in inputs.items()}
    candidate_model = torch.Model(candidate, folder, "float64", list(inputs))
    reference_model = keras.Model(reference, folder, "float64", draw_inputs(inputs, seed, 1))
    entries = _embedding_entries(reference_model)
    if entries and not bounded:
        inputs = {name: _with_bound(replace(one, below=0), entries) for name, one in inputs.items()}
    probe = Probe(reference_model, candidate_model, draw_inputs(inputs, seed, _RECORDS), seed)
    written = Names(output.stem, _relative(reference, output), _relative(candidate, output))
    return OpenModels(written, inputs, probe)


def parse_input(text: str) -> tuple[str | None, Input]:
    """Parse one --input: its name, if it has one, and the shape and dtype of one record.

    Raises ParityError if it is not of the form, or of a dtype that cannot be drawn.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ParityError(f"--input {text}: {_EXPECTED}")
    dtype = match["dtype"] or "float32"
    if dtype not in _DTYPES:
        raise ParityError(f"--input {text}: dtype '{dtype}'; known: {', '.join(_DTYPES)}")
    shape = tuple(int(size) for size in match["shape"].split("x"))
    below = int(match["below"] or 0)
    if match["below"] and (np.dtype(dtype).kind != "i" or below < 1):
        raise ParityError(
            f"--input {text}: only integers have a bound, which must be at least 1; they are drawn "
            "from 0 up to but not including it"
        )
    return match["name"], Input(shape[1:], dtype, below)


def declared_input(name: str, shape: tuple[int | None, ...], dtype: str) -> Input:
    """Return an input as the reference declares it.

    Raises ParityError if more of its shape than the batch is left open.
    """
    if None in shape[1:]:
        open_ = "x".join("?" if size is None else str(size) for size in shape[1:])
        example = "x".join("8" if size is None else str(size) for size in shape[1:])
        raise ParityError(
            f"the reference's input '{name}' has the open shape {open_}; "
            f"give a concrete one, as in --input {name}=4x{example}:{dtype}"
        )
    return Input(tuple(size for size in shape[1:] if size is not None), dtype, 0)


def _with_bound(given: Input, below: int) -> Input:
    """Bound an integer input that has no bound of its own."""
    if np.dtype(given.dtype).kind != "i" or given.below:
        return given
    return replace(given, below=below)


def _embedding_entries(model: OpenModel) -> int | None:
    """Return the number of entries of the model's smallest embedding, if it has one."""
    entries = [int(v.shape[0]) for name, v in model.weights.items() if name.endswith("embeddings")]
    return min(entries, default=None)


def _relative(name: str, output: Path) -> str:
    """Return the name of a file relative to the output's folder; modules keep theirs."""
    where, attribute = split(name)
    if not where.endswith(".py"):
        return name
    path = os.path.relpath(Path(where).absolute(), output.absolute().parent)
    return f"{Path(path).as_posix()}:{attribute}"
