"""From what a user names to both models, opened to be probed."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

from parity.declaring.frameworks import runner
from parity.declaring.models import Input, WholeModel, draw_inputs
from parity.errors import ParityError
from parity.init.model_inputs import bounded, declared, parsed
from parity.init.probing import Probe
from parity.init.writing import Named
from parity.runners.named import split

# Records that both models are probed with: more than one, so that none can be taken for another.
RECORDS = 4


@dataclass(frozen=True)
class Both:
    """The names as they are to be written, the inputs, and both models under one draw."""

    named: Named
    inputs: Mapping[str, Input]
    probe: Probe


def open_both(
    reference: str, candidate: str, given: tuple[str, ...], output: Path, seed: int
) -> Both:
    """Make both models in float64 and run them once.

    Args:
        reference: names the model in TensorFlow.
        candidate: names the module in PyTorch.
        given: inputs as the user wrote them; empty to ask the reference.
        output: the file to be written, which the names in it are relative to.
        seed: of the weights and inputs drawn.

    Raises:
        ParityError: something cannot be found, made or called.
    """
    for name in (reference, candidate):
        split(name)
    here = Path()
    for framework in ("tensorflow", "torch"):
        runner(framework)  # UnavailableError, in one line, if it is not installed
    from parity.runners.tensorflow import models as keras
    from parity.runners.torch import models as torch

    inputs = _asked(keras, reference, given) or _declared(keras, reference)
    inputs = {name: bounded(one, None) for name, one in inputs.items()}
    candidate_model = torch.Model(candidate, here, "float64", list(inputs))
    arrays = draw_inputs(inputs, seed, 1)
    reference_model = keras.Model(reference, here, "float64", arrays)
    inputs = _with_bounds(inputs, given, reference_model)
    probe = Probe(reference_model, candidate_model, draw_inputs(inputs, seed, RECORDS), seed)
    named = Named(output.stem, _relative(reference, output), _relative(candidate, output))
    return Both(named, inputs, probe)


def _asked(keras: ModuleType, reference: str, given: tuple[str, ...]) -> dict[str, Input]:
    found = [parsed(text) for text in given]
    if not found:
        return {}
    defaults = keras.argument_names(reference, Path(), len(found))
    names = [name or default for (name, _), default in zip(found, defaults, strict=True)]
    if len(set(names)) < len(names):
        raise ParityError(f"two inputs of one name: {', '.join(names)}")
    return dict(zip(names, (one for _, one in found), strict=True))


def _declared(keras: ModuleType, reference: str) -> dict[str, Input]:
    specs = keras.input_specs(reference, Path())
    if not specs:
        raise ParityError(
            f"{reference} does not say what it takes; say it, batch first: --input 4x16"
        )
    return {name: declared(name, shape, dtype) for name, (shape, dtype) in specs.items()}


def _with_bounds(
    inputs: dict[str, Input], given: tuple[str, ...], model: WholeModel
) -> dict[str, Input]:
    """Integers up to the entries of the smallest embedding, where the user set no bound."""
    set_ = {one.below for _, one in map(parsed, given)}
    entries = [
        value.shape[0] for name, value in model.weights.items() if name.endswith("embeddings")
    ]
    if not entries or max(set_, default=0):
        return inputs
    return {
        name: replace(one, below=int(min(entries))) if one.dtype.startswith("int") else one
        for name, one in inputs.items()
    }


def _relative(name: str, output: Path) -> str:
    """A file's name as seen from the folder of the output; modules as they are."""
    where, attribute = split(name)
    if not where.endswith(".py"):
        return name
    seen = os.path.relpath(Path(where).absolute(), output.absolute().parent)
    return f"{Path(seen).as_posix()}:{attribute}"
