"""Opening of both models by the names that a user gives, ready to be probed."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from parity.declaring.model_inputs import Input, Output, draw_inputs, fewer_if_large
from parity.errors import ParityError, SideFailedError, unknown
from parity.init.decided_orders import Decision, decide
from parity.init.given_inputs import (
    declared_input,
    given_batch,
    parse_input,
    parse_layout,
    relative_file,
    with_bound,
    with_meaning_of_name,
)
from parity.init.model_modules import candidates, references
from parity.init.orders import Stated, find_orders, fitting_orders
from parity.init.probe import Probe
from parity.runners.binding import CallSignature
from parity.runners.loading import is_model_file, split
from parity.runners.whole_models import OpenModel, Shape

# Records to probe both models with: more than one, so that no axis is mistaken for the batch.
_RECORDS = 4


@dataclass(frozen=True)
class Names:
    """Names of the port and both models as the declaration writes them, relative to its folder."""

    port: str
    reference: str
    candidate: str
    trust: bool = False


@dataclass(frozen=True)
class OpenModels:
    """Both models, opened and run once, and the inputs they take.

    `batch` is the number of records that they need, if they do not take any number. `note` says
    which orders of axes were chosen if sizes did not tell, and `doubtful` marks a choice to look
    at.
    """

    names: Names
    inputs: Mapping[str, Input]
    probe: Probe
    outputs: Mapping[str, Output] = field(default_factory=dict)
    batch: int | None = None
    note: str = ""
    doubtful: bool = False


def open_models(
    reference: str,
    candidate: str,
    given: tuple[str, ...],
    output: Path,
    seed: int,
    layout: tuple[str, ...] = (),
    trust: bool = False,
) -> OpenModels:
    """Build both models in float64, or else in float32, and run them once.

    Args:
        reference: names the model in TensorFlow.
        candidate: names the module in PyTorch.
        given: inputs as the user wrote them; empty to use those that the reference declares.
        output: the file to be written, which the names in it are relative to.
        seed: of the weights and inputs drawn.
        layout: orders of the candidate's axes as the user wrote them; empty to find them.
        trust: whether Python code in a model file may be executed.

    Raises:
        ParityError: something cannot be found, built or called.
    """
    if not is_model_file(reference, Path()):
        split(reference)
    split(candidate)
    folder = Path()
    keras = references()
    candidates()  # Raises UnavailableError, in one line, if it is not installed.
    stated = given_batch(given)
    if given:
        parsed = [parse_input(text) for text in given]
        default_names = keras.argument_names(reference, folder, len(parsed), trust)
        names = [name or default for (name, _), default in zip(parsed, default_names, strict=True)]
        if len(set(names)) < len(names):
            raise ParityError(f"two inputs of one name: {', '.join(names)}")
        inputs = dict(zip(names, (one for _, one in parsed), strict=True))
    else:
        specs = keras.input_specs(reference, folder, trust)
        sizes = {shape[0] for shape, _ in specs.values() if shape} - {None}
        stated = sizes.pop() if len(sizes) == 1 else None
        if not specs:
            raise ParityError(
                f"{reference} does not declare its inputs; give them, batch first: --input 4x16"
            )
        inputs = {name: declared_input(name, *spec) for name, spec in specs.items()}
    bounded = any(one.below for one in inputs.values())
    inputs = {name: with_bound(with_meaning_of_name(name, one), 2) for name, one in inputs.items()}
    inputs = in_orders(inputs, layout)
    asked = _Asked(reference, candidate, folder, inputs, layout, bool(given), bounded, seed, trust)
    decision = _with_records(asked, stated)
    probe, outputs = decision.probe, decision.orders.outputs
    paths = _relative(reference, output), _relative(candidate, output)
    written = Names(output.stem, *paths, trust)
    batch = _batch(probe, decision.orders.inputs, seed)
    inputs = {name: relative_file(one, output) for name, one in decision.orders.inputs.items()}
    return OpenModels(written, inputs, probe, outputs, batch, decision.note, decision.doubtful)


@dataclass(frozen=True)
class _Asked:
    """Both models by name, and what the user said of their inputs."""

    reference: str
    candidate: str
    folder: Path
    inputs: Mapping[str, Input]
    layout: tuple[str, ...]
    named: bool
    bounded: bool
    seed: int
    trust: bool
    records: int = _RECORDS


def _with_records(asked: _Asked, stated: int | None) -> Decision:
    """Open both models with as many records as they take: those stated, or else the usual number.

    A single record serves only where they take no more, as any axis of length 1 looks like it.
    """
    drawn = fewer_if_large(asked.inputs, _RECORDS)
    usual = replace(asked, records=stated if stated and stated > 1 else drawn)
    try:
        return _in_some_dtype(usual)
    except SideFailedError:
        if stated != 1:
            raise
        return _in_some_dtype(replace(asked, records=1))


def _in_some_dtype(asked: _Asked) -> Decision:
    try:
        return _probed(asked, "float64")
    except SideFailedError:
        # Some operations know no float64; a user's mistake is one in float32, too.
        return _probed(asked, "float32")


def _batch(probe: Probe, inputs: Mapping[str, Input], seed: int) -> int | None:
    """Return the number of records that both models were run on, if they take no other number."""
    takes_more = probe.runs_on(draw_inputs(inputs, seed, probe.records + 1))
    return None if takes_more else probe.records


def _probed(asked: _Asked, dtype: str) -> Decision:
    """Open both models in a dtype, in the orders of axes under which they agree, if any."""
    keras, torch = references(), candidates()
    inputs, folder = dict(asked.inputs), asked.folder
    orders = {name: one.order for name, one in inputs.items()}
    candidate = torch.Model(asked.candidate, folder, dtype, orders)
    signature = keras.call_signature(asked.reference, folder, asked.trust)
    refuse_unknown(
        [name for name in inputs if asked.named],
        {
            f"the reference {asked.reference}": signature,
            f"the candidate {asked.candidate}": candidate.signature,
        },
    )
    drawn = draw_inputs(inputs, asked.seed, asked.records)
    reference = keras.Model(asked.reference, folder, dtype, drawn, asked.trust)
    entries = _embedding_entries(reference)
    if entries and not asked.bounded:
        inputs = {name: _with_entries(one, entries) for name, one in inputs.items()}
    arrays = draw_inputs(inputs, asked.seed, asked.records)
    described = reference.describe(arrays)
    stated = stated_orders(inputs, described.outputs, asked.layout)
    inputs = find_orders(candidate, arrays, inputs, described, stated)
    choices = fitting_orders(candidate, arrays, inputs, described, stated)
    return decide(
        candidate, choices, lambda: Probe(reference, candidate, arrays, asked.seed, dtype)
    )


def in_orders(inputs: Mapping[str, Input], layout: tuple[str, ...]) -> dict[str, Input]:
    """Return the inputs in the orders that the user gave; one without a name is for all images.

    Raises ParityError for a name that no input and no output can have.
    """
    found = dict(inputs)
    for text in layout:
        name, order = parse_layout(text)
        if name is not None and name not in inputs and not is_output(name):
            raise ParityError(f"--layout {text}: {unknown('input', name, list(inputs))}")
        for one, given in inputs.items():
            if one == name or (name is None and len(given.shape) > 1):
                found[one] = replace(given, order=order)
    return found


def is_output(name: str) -> bool:
    """Return whether outputs of a model are named so."""
    return name.partition("/")[0] in ("output", "result")


def stated_orders(
    inputs: Mapping[str, Input], outputs: Mapping[str, Shape], layout: tuple[str, ...]
) -> Stated:
    """Return what the user stated of orders.

    Raises ParityError for an output that the reference does not return.
    """
    parsed = [parse_layout(text) for text in layout]
    every = [order for name, order in parsed if name is None]
    named = {name: order for name, order in parsed if name is not None}
    for name in named:
        if name not in inputs and name not in outputs:
            raise ParityError(f"--layout {name}: {unknown('output', name, list(outputs))}")
    return Stated(
        frozenset(inputs if every else {name for name in named if name in inputs}),
        {name: order for name, order in named.items() if name not in inputs},
        every[-1] if every else None,
    )


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
    if is_model_file(name, Path()):
        path = os.path.relpath(Path(name).absolute(), output.absolute().parent)
        return Path(path).as_posix()
    where, attribute = split(name)
    if not where.endswith(".py"):
        return name
    path = os.path.relpath(Path(where).absolute(), output.absolute().parent)
    return f"{Path(path).as_posix()}:{attribute}"
