"""State dicts of a candidate, and their files: .pt, .safetensors (in shards, too) and .npz."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from parity.arrays import Arrays
from parity.errors import InputError, describe
from parity.files import written_beside
from parity.runners.torch import numbers, put
from parity.runners.transfer import assign
from parity.weight_files import reading
from parity.weight_files.contents import as_float32, same_bits
from parity.weight_files.matching import ExpectedArray, match_by_name

# Keys under which training loops keep a state dict beside other things.
_NESTED = ("state_dict", "model_state_dict", "model_state", "model")
_WRAPPER = "module."


class StatefulModel(Protocol):
    """A candidate that is built: its weights by the map's keys, and those of its state dict."""

    module: nn.Module
    weights: dict[str, Tensor]
    keys: tuple[str, ...]
    split: dict[str, int]


def whole_state(model: StatefulModel, weights: Arrays) -> Arrays:
    """Return the whole state dict as `load_state_dict` takes it, with these weights in it.

    Weights that are not given are as built, or 0 if the port keeps them at 0.
    """
    assign({key: model.weights[key] for key in weights}, weights, put)
    held = model.module.state_dict()
    for key, count in model.split.items():
        held[key] = torch.cat([model.weights[f"{key}[{number}]"] for number in range(count)])
    return {key: numbers(held[key]) for key in model.keys if isinstance(held[key], Tensor)}


def map_weights(model: StatefulModel, state: Arrays, path: str) -> Arrays:
    """Return the weights of a whole state dict by the map's keys, split where the model is.

    Raises UnfitError unless each tensor is used exactly once, InputError if one has values that the
    model does not take: tied tensors that differ, or one kept at 0 that is not.
    """
    whole, name = whole_state(model, {}), f"the candidate {type(model.module).__name__}"
    # Integers are counters and tables, not weights; files of another version may lack them.
    held = {key: a for key, a in state.items() if key in whole or a.dtype.kind == "f"}
    expected = [
        ExpectedArray(key, key, tuple(array.shape))
        for key, array in whole.items()
        if key in held or array.dtype.kind == "f"
    ]
    found = {
        key: as_float32(Path(path), key, array) if whole[key].dtype.kind == "f" else array
        for key, array in match_by_name(Path(path), name, held, expected).items()
    }
    parts = {key: found[key] for key in model.weights if key in found}
    for key, count in model.split.items():
        pieces = np.split(found[key], count)
        parts |= {f"{key}[{number}]": piece for number, piece in enumerate(pieces)}
    for key, array in whole_state(model, parts).items():
        if key in found and array.dtype.kind == "f" and not same_bits(found[key], array):
            raise InputError(
                f"{path}: '{key}' has values that the port cannot carry over: the tensor is tied "
                "to another one, or kept at 0 or as built"
            )
    return parts


def read_state(path: Path) -> Arrays:
    """Read a state dict; nothing in the file is executed.

    Raises InputError if it is damaged, is none, or is a pickle of anything but tensors.
    """
    if not path.is_dir() and path.exists() and reading.is_torch_file(path):
        return _unwrapped(path, _load(path))
    file = reading.read(path)
    if file.kind != "named arrays":
        raise InputError(
            f"{path} holds {file.kind}; expected a state dict of the candidate: .pt or .safetensors"
        )
    return file.by_name()


def write_state(path: Path, state: Arrays) -> None:
    """Write a state dict as torch.save does, atomically."""
    tensors = {name: torch.from_numpy(array.copy()) for name, array in state.items()}
    with written_beside(path) as beside:
        try:
            torch.save(tensors, beside)
        except RuntimeError as error:
            # PyTorch's own writer reports a full disk in this way.
            raise OSError(f"{path} cannot be written: {describe(error)}") from error


def _load(path: Path) -> Any:
    import pickle

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path} is a pickle that would run code or make objects, so it is not read; save the "
            "state dict alone: torch.save(model.state_dict(), ...)"
        ) from error
    except Exception as error:  # PyTorch raises all kinds of errors for damaged files
        raise InputError(
            f"{path} cannot be read as a file of torch.save; damaged or truncated? "
            f"({describe(error)})"
        ) from error


def _unwrapped(path: Path, value: Any) -> Arrays:
    """Return the tensors of a state dict, also of one kept beside others or by DataParallel."""
    for key in _NESTED:
        if isinstance(value, Mapping) and isinstance(value.get(key), Mapping):
            value = value[key]
            break
    tensors = value if isinstance(value, Mapping) else {}
    found = {str(k): v for k, v in tensors.items() if isinstance(v, torch.Tensor)}
    if not found or len(found) < len(tensors):
        raise InputError(f"{path} holds {type(value).__name__}, not a state dict of tensors alone")
    if all(name.startswith(_WRAPPER) for name in found):
        found = {name.removeprefix(_WRAPPER): value for name, value in found.items()}
    return {name: numbers(value) for name, value in found.items()}
