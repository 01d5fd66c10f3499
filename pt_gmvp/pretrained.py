"""Model folders: model.safetensors with the weights, config.json with the configuration."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from converters.atomic import file_beside
from converters.errors import InputError
from pt_gmvp.config import ModelConfig, load_config

WEIGHTS = "model.safetensors"
CONFIG = "config.json"

Shapes = Mapping[str, tuple[int, ...]]


class PretrainedError(InputError):
    """Raised for a folder without a complete model; names file, tensor, found and expected."""


def save_pretrained(folder: str | Path, config: ModelConfig, state: Mapping[str, Tensor]) -> None:
    """Write a state dict and its configuration; each file appears whole or not at all.

    Raises:
        OSError: the folder or a file cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    text = json.dumps({"model": config.to_dict()}, indent=2) + "\n"
    with file_beside(folder / WEIGHTS) as weights, file_beside(folder / CONFIG) as settings:
        weights.write_bytes(save(tensors, metadata={"format": "pt"}))
        settings.write_text(text, encoding="utf-8")


def digest(state: Mapping[str, Tensor]) -> str:
    """Return the sha256 of weights by name."""
    found = hashlib.sha256()
    for name in sorted(state):
        found.update(name.encode() + state[name].contiguous().numpy().tobytes())
    return found.hexdigest()


def load_pretrained(
    folder: str | Path, expected: Callable[[ModelConfig], Shapes]
) -> tuple[ModelConfig, dict[str, Tensor]]:
    """Read a configuration, and onto the CPU exactly the tensors that `expected` gives for it.

    Raises:
        PretrainedError: a file is missing or damaged, the folder is a file, or a tensor is
            missing, unexpected, not floating-point, or of another shape or dtype than the rest.
        ConfigError: config.json has a key or a value that is not gMVP's.
    """
    folder = Path(folder)
    if folder.is_file():
        raise PretrainedError(
            f"{folder}: is a file; expected a model folder; make one with: gmvp-convert weights "
            f"{folder} -o FOLDER"
        )
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise PretrainedError(f"{folder / name}: no such file; expected {CONFIG} and {WEIGHTS}")
    config = load_config(folder / CONFIG)
    path = folder / WEIGHTS
    try:
        with safe_open(path, framework="pt") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise PretrainedError(
            f"{path}: not a complete safetensors file ({error}); write or convert it again"
        ) from None
    faults = _faults(state, expected(config))
    if faults:
        more = f"; {len(faults) - 1} more tensors do not fit" if len(faults) > 1 else ""
        raise PretrainedError(f"{path}: does not fit {folder / CONFIG}: {faults[0]}{more}")
    return config, state


def _faults(state: Mapping[str, Tensor], expected: Shapes) -> list[str]:
    """Return, for each tensor that does not fit, what was found and what was expected."""
    faults = [
        f"{name} is missing, expected shape {shape}"
        for name, shape in expected.items()
        if name not in state
    ]
    dtype = next((state[name].dtype for name in expected if name in state), torch.float32)
    for name, tensor in state.items():
        found = f"{name} has shape {tuple(tensor.shape)}"
        if name not in expected:
            faults.append(f"{found}, which is not expected")
        elif tensor.shape != expected[name]:
            faults.append(f"{found}, expected {expected[name]}")
        elif not tensor.is_floating_point():
            faults.append(f"{name} is {tensor.dtype}, expected a floating-point dtype")
        elif tensor.dtype != dtype:
            faults.append(f"{name} is {tensor.dtype}, expected {dtype} like the rest")
    return faults
