"""Opening of both models by the names that a user gives, ready to be probed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from parity.declaring.frameworks import runner
from parity.declaring.model_inputs import Input, Output, draw_inputs
from parity.errors import ParityError, unknown
from parity.init.given_inputs import (
    declared_input,
    parse_input,
    parse_layout,
    relative_file,
    with_bound,
    with_meaning_of_name,
)
from parity.init.orders import find_orders, paired_outputs
from parity.init.probe import Probe
from parity.runners.binding import CallSignature
from parity.runners.loading import split
from parity.runners.whole_models import OpenModel

# Records to probe both models with: more than one, so that no axis is mistaken for the batch.
_RECORDS = 4


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
    outputs: Mapping[str, Output] = field(default_factory=dict)


def open_models(
    reference: str,
    candidate: str,
    given: tuple[str, ...],
    output: Path,
    seed: int,
    layout: tuple[str, ...] = (),
) -> OpenModels:
    """Build both models in float64 and run them once.

    Args:
        reference: names the model in TensorFlow.
        candidate: names the module in PyTorch.
        given: inputs as the user wrote them; empty to use those that the reference declares.
        output: the file to be written, which the names in it are relative to.
        seed: of the weights and inputs drawn.
        layout: orders of the candidate's axes as the user wrote them; empty to find them.

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
    inputs = {name: with_bound(with_meaning_of_name(name, one), 2) for name, one in inputs.items()}
    inputs = in_orders(inputs, layout)
    orders = {name: one.order for name, one in inputs.items()}
    candidate_model = torch.Model(candidate, folder, "float64", orders)
    refuse_unknown(
        [name for name in inputs if given],
        {
            f"the reference {reference}": keras.call_signature(reference, folder),
            f"the candidate {candidate}": candidate_model.signature,
        },
    )
    reference_model = keras.Model(reference, folder, "float64", draw_inputs(inputs, seed, 1))
    entries = _embedding_entries(reference_model)
    if entries and not bounded:
        inputs = {name: _with_entries(one, entries) for name, one in inputs.items()}
    arrays = draw_inputs(inputs, seed, _RECORDS)
    described = reference_model.describe(arrays)
    if layout:
        found = candidate_model.describe(arrays).outputs
        candidate_model.outputs, _ = paired_outputs(described.outputs, found, True)
    else:
        inputs = find_orders(candidate_model, arrays, inputs, described)
    probe = Probe(reference_model, candidate_model, arrays, seed)
    written = Names(output.stem, _relative(reference, output), _relative(candidate, output))
    inputs = {name: relative_file(one, output) for name, one in inputs.items()}
    return OpenModels(written, inputs, probe, candidate_model.outputs)


def in_orders(inputs: Mapping[str, Input], layout: tuple[str, ...]) -> dict[str, Input]:
    """Return the inputs in the orders that the user gave; one without a name is for all images.

    Raises ParityError for a name that no input has.
    """
    found = dict(inputs)
    for text in layout:
        name, order = parse_layout(text)
        if name is not None and name not in inputs:
            raise ParityError(f"--layout {text}: {unknown('input', name, list(inputs))}")
        for one, given in inputs.items():
            if one == name or (name is None and len(given.shape) > 1):
                found[one] = replace(given, order=order)
    return found


def _with_entries(given: Input, entries: int) -> Input:
    """Bound an integer input by the number of entries of an embedding."""
    if given.meaning or given.between or given.file:
        return given
    return with_bound(replace(given, below=0), entries)


def refuse_unknown(names: Sequence[str], signatures: Mapping[str, CallSignature]) -> None:
    """Raise ParityError for an input that neither model has, with what they take."""
    for name in names:
        if all(signature.refuses(name) for signature in signatures.values()):
            takes = "; ".join(f"{model} takes {takes}" for model, takes in signatures.items())
            raise ParityError(f"--input {name}: neither model has an input '{name}'; {takes}")


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
