"""Packages' own conversions of weights, to compare with the map that `parity init` wrote."""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np


def conversion(name: str) -> Callable[[Any, Any, Mapping[str, Any]], None]:
    """Load a conversion named as module:function."""
    module, _, attribute = name.partition(":")
    found: Callable[[Any, Any, Mapping[str, Any]], None] = getattr(import_module(module), attribute)
    return found


def transformers(reference: Any, candidate: Any, inputs: Mapping[str, Any]) -> None:
    """Load the candidate's weights into the reference, as `from_pretrained(from_pt=True)` does."""
    from transformers.modeling_tf_pytorch_utils import load_pytorch_model_in_tf2_model

    load_pytorch_model_in_tf2_model(reference, candidate, tf_inputs=dict(inputs))


def compared(declaration: Path, models: str, name: str) -> tuple[int, int, list[str]]:
    """Compare the map of a written declaration with a package's own conversion.

    The candidate is drawn, converted to the reference by the package, and back by the map: each
    tensor must have the candidate's bits.

    Returns:
        How many tensors are equal, how many there are, and the names of the others.
    """
    import torch

    from parity.declaring.registry import find
    from parity.runners.tensorflow.models import Model as Reference
    from parity.runners.torch.models import Model as Candidate

    port = find(str(declaration))
    inputs = port.load_inputs(None, 1, 2).arrays
    folder = Path()
    reference = Reference(f"{models}:reference", folder, "float32", inputs)
    candidate = Candidate(f"{models}:candidate", folder, "float32", dict.fromkeys(inputs, "same"))
    torch.manual_seed(1)
    with torch.no_grad():
        for key, value in candidate.weights.items():
            value.copy_(torch.rand_like(value) + 0.1 if "var" in key else torch.randn_like(value))
    given = {key: np.asarray(value) for key, value in inputs.items()}
    conversion(name)(reference.module, candidate.module, given)
    equal, others = 0, []
    for weight in port.pair(port.whole or "").weights({}):
        array = np.asarray(reference.weights[weight.name])
        for key, part in zip(weight.keys, weight.forward(array), strict=True):
            whole, _, number = key.partition("[")
            held = candidate.weights[whole].detach().numpy()
            if number:
                first, size = int(number[:-1]) * len(part), len(part)
                held = held[first : first + size]
            same = held.shape == part.shape and np.array_equal(held, part)
            equal += same
            if not same:
                others.append(f"{weight.name} -> {key}")
    return equal, equal + len(others), others
