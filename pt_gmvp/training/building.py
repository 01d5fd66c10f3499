"""Model of a training run: its settings, its initial weights, and its forward pass."""

import os
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from converters.weights.conversion import read_weights
from converters.weights.state_dict import to_state_dict
from pt_gmvp.config import ConfigError, ModelConfig
from pt_gmvp.model import GMVP
from pt_gmvp.runs.devices import Precision, in_precision
from pt_gmvp.runs.distributed import World


@dataclass(frozen=True)
class Settings:
    """Settings that change a run's numbers, besides its data and configuration.

    Attributes:
        seed: of the initial weights, the order of the data, and dropout.
        accumulate: pieces in which each process takes its part of a batch, to save memory.
        precision: of matrix products; weights, loss and optimiser are float32 in all cases.
        compiled: whether the model is compiled by torch.compile.
        form: form of the model: the same mathematics, in another order.
        device: its type, "cpu" or "cuda".
        start: sha256 of the weights that the run starts from, None if they are drawn.
    """

    seed: int = 0
    accumulate: int = 1
    precision: Precision = "float32"
    compiled: bool = False
    form: Literal["plain", "fast"] = "plain"
    device: str = "cpu"
    start: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name, ready for JSON."""
        return asdict(self)


def draw(config: ModelConfig, seed: int) -> GMVP:
    """Make a model with Keras' initial values, which depend on the seed alone."""
    return GMVP(config, generator=torch.Generator().manual_seed(seed))


def read_start(path: Path, config: ModelConfig) -> dict[str, Tensor]:
    """Read weights to start from, in any format that `gmvp-convert weights` accepts.

    Raises:
        ConfigError: they belong to a model of another shape.
        WeightsError: they are damaged, or not the weights of a gMVP model.
    """
    folder = path.is_dir() and (path / "model.safetensors").is_file()
    own = folder or path.name == "model.safetensors"
    made = read_weights(path, None if own else config.to_dict())
    for key, value in config.to_dict().items():
        if key != "dropout_rate" and made.config[key] != value:
            raise ConfigError(
                f"{path}: has {key} {made.config[key]!r}, but the configuration has {value!r}; "
                "start from a model of the same shape"
            )
    state = to_state_dict(made.canonical, config.to_dict())
    return {name: torch.from_numpy(array) for name, array in state.items()}


class Forward:
    """Forward pass of a step: the model, compiled or not, in a precision, shared by processes.

    Logits are returned as float32. InputError if the device does not have the precision.
    """

    def __init__(self, model: GMVP, settings: Settings, world: World) -> None:
        if settings.compiled:
            model.compile()
        self._precise = in_precision(settings.precision, world.device)
        self._shared: DistributedDataParallel | None = None
        if world.size > 1:
            # About the position bias, whose gradient has only 129 of 130 numbers: costs no time.
            warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
            devices = None if world.device.type == "cpu" else [world.device]
            self._shared = DistributedDataParallel(model, device_ids=devices)
        self._model: Callable[..., Tensor] = model

    def __call__(self, *inputs: Tensor | None, gru_masks: Any = None) -> Tensor:
        """Return logits (B,) of a pass whose gradients are averaged over the processes."""
        with self._precise():
            return (self._shared or self._model)(*inputs, gru_masks=gru_masks).float()

    def local(self, *inputs: Tensor | None) -> Tensor:
        """Return logits (B,) of a pass on this process alone: none waits for another."""
        with self._precise():
            return self._model(*inputs).float()

    def unsynchronized(self) -> AbstractContextManager[object]:
        """Return a context in which gradients stay on this process, until a later pass syncs."""
        return self._shared.no_sync() if self._shared is not None else nullcontext()


def make_repeatable(device: torch.device) -> None:
    """Make the same step give the same bits.

    On a CPU too: sums scattered by several threads would be in any order. On a GPU, operations
    that have no deterministic kernel only warn.
    """
    # Needed by cuBLAS, which reads it when it is first used.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
    # New memory need not be filled: nothing reads it before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
