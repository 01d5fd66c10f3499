"""A model in a folder: model.safetensors with its weights, config.json with its configuration."""

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
    """A folder that holds no whole model; the message names file, tensor, found and expected."""


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


def load_pretrained(
    folder: str | Path, expected: Callable[[ModelConfig], Shapes]
) -> tuple[ModelConfig, dict[str, Tensor]]:
    """Read a configuration and exactly the tensors that `expected` says it has, onto the CPU.

    Raises:
        PretrainedError: no such file or one in place of the folder, a damaged one, or a tensor
            that is missing, left over, not floating, or of another shape or dtype than the rest.
        ConfigError: config.json has a key or a value that is not gMVP's.
    """
    folder = Path(folder)
    if folder.is_file():
        raise PretrainedError(
            f"{folder}: is a file; expected a model's folder, as made by: gmvp-convert weights "
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
            f"{path}: not a whole safetensors file ({error}); write or convert it anew"
        ) from None
    faults = _faults(state, expected(config))
    if faults:
        more = f"; {len(faults) - 1} more tensors do not fit either" if len(faults) > 1 else ""
        raise PretrainedError(f"{path}: does not fit {folder / CONFIG}: {faults[0]}{more}")
    return config, state


def _faults(state: Mapping[str, Tensor], expected: Shapes) -> list[str]:
    """Say of each tensor that does not fit what was found and what was expected."""
    faults = [
        f"{name} is missing, expected shape {shape}"
        for name, shape in expected.items()
        if name not in state
    ]
    dtype = next((state[name].dtype for name in expected if name in state), torch.float32)
    for name, tensor in state.items():
        found = f"{name} has shape {tuple(tensor.shape)}"
        if name not in expected:
            faults.append(f"{found}, expected no such tensor")
        elif tensor.shape != expected[name]:
            faults.append(f"{found}, expected {expected[name]}")
        elif not tensor.is_floating_point():
            faults.append(f"{name} is {tensor.dtype}, expected floating numbers")
        elif tensor.dtype != dtype:
            faults.append(f"{name} is {tensor.dtype}, expected {dtype} like the rest")
    return faults
