"""The model that a run trains: drawn, or gone on from; compiled or not."""

import hashlib
import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from converters.weights.conversion import read_weights
from converters.weights.state_dict import to_state_dict
from pt_gmvp.config import ConfigError, ModelConfig
from pt_gmvp.model import GMVP
from pt_gmvp.runs.devices import DeviceError
from pt_gmvp.runs.distributed import World
from pt_gmvp.training.settings import Precision, Settings


def draw(config: ModelConfig, seed: int) -> GMVP:
    """Make a model with Keras' initial values, by the seed alone."""
    return GMVP(config, generator=torch.Generator().manual_seed(seed))


def read_start(path: Path, config: ModelConfig) -> dict[str, Tensor]:
    """Read weights to go on from, of any format that `gmvp-convert weights` takes.

    Raises:
        ConfigError: they are of a model of another shape.
        WeightsError: they are damaged, or no weights of a gMVP model.
    """
    folder = path.is_dir() and (path / "model.safetensors").is_file()
    own = folder or path.name == "model.safetensors"
    made = read_weights(path, None if own else config.to_dict())
    for key, value in config.to_dict().items():
        if key != "dropout_rate" and made.config[key] != value:
            raise ConfigError(
                f"{path}: has {key} {made.config[key]!r}, the configuration {value!r}; "
                "go on with a model of the same shape"
            )
    state = to_state_dict(made.canonical, config.to_dict())
    return {name: torch.from_numpy(array) for name, array in state.items()}


def digest(state: Mapping[str, Tensor]) -> str:
    """The sha256 of weights by name."""
    found = hashlib.sha256()
    for name in sorted(state):
        found.update(name.encode() + state[name].contiguous().numpy().tobytes())
    return found.hexdigest()


class Forward:
    """What a step calls in place of the model: compiled, in a precision, with its peers.

    The logits that it returns are float32. DeviceError if the device does not have the precision.
    """

    def __init__(self, model: GMVP, settings: Settings, world: World) -> None:
        if settings.compiled:
            model.compile()
        self._precise = in_precision(settings.precision, world.device)
        self._shared: DistributedDataParallel | None = None
        if world.size > 1:
            # Of the position bias, whose gradient is 129 of 130 numbers: nothing that takes time.
            warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
            devices = None if world.device.type == "cpu" else [world.device]
            self._shared = DistributedDataParallel(model, device_ids=devices)
        self._model: Callable[..., Tensor] = model

    def __call__(self, *inputs: Any, **masks: Any) -> Tensor:
        """Logits (B,) of a batch's inputs, for a pass whose gradients the peers share."""
        with self._precise():
            return (self._shared or self._model)(*inputs, **masks).float()

    def alone(self, *inputs: Any) -> Tensor:
        """The same without the peers: no process waits for another."""
        with self._precise():
            return self._model(*inputs).float()

    def apart(self) -> AbstractContextManager[Any]:
        """A pass in this context keeps its gradients to this process, for a later one to bring."""
        return self._shared.no_sync() if self._shared is not None else nullcontext()


def in_precision(
    precision: Precision, device: torch.device
) -> Callable[[], AbstractContextManager[Any]]:
    """What a forward pass runs inside of; DeviceError where the device cannot do it."""
    if precision == "bf16":
        return lambda: torch.autocast(device.type, torch.bfloat16)
    if precision == "tf32":
        if device.type != "cuda":
            raise DeviceError("--precision tf32: only GPUs have it; give float32 or bf16")
        torch.backends.cuda.matmul.allow_tf32 = True
    return nullcontext


def be_repeatable(device: torch.device) -> None:
    """Let the same step give the same bits.

    On the CPU too: scattered sums of several threads are in any order otherwise. On a GPU what has
    no such way warns and goes on.
    """
    # What cuBLAS needs for it, read when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
    # New memory need not be filled: nothing reads it before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
