"""Failed steps: the whole step in one file, and its replay."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from converters.atomic import file_beside
from converters.errors import InputError
from pt_gmvp.config import ModelConfig
from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP
from pt_gmvp.optim import loss
from pt_gmvp.runs.devices import in_precision
from pt_gmvp.training.step import GruMasks, backward

_KEY = "gmvp-fault"
_FIELDS = ("label", "ref_aa", "alt_aa", "feature", "mask", "window")


class Replay(NamedTuple):
    """Result of a replayed step.

    Attributes:
        about: what the run recorded of the step: "step", "epoch", "loss", "gradient_norm", ...
        loss: the mean loss now.
        losses: names of the variants, which may repeat, with the loss of each.
        intermediate: the model's first intermediate with a value that is not finite, or None.
        gradients: the weights whose gradients are not finite.
    """

    about: dict[str, Any]
    loss: float
    losses: list[tuple[str, float]]
    intermediate: str | None
    gradients: list[str]


def write_fault(
    path: Path,
    model: GMVP,
    batch: Batch,
    masks: GruMasks | None,
    about: Mapping[str, Any],
) -> None:
    """Write a step to a file: the batch, the weights before the step, the dropout masks.

    Args:
        path: the file, which appears whole or not at all.
        model: with the weights from before the step.
        batch: the whole batch, over all processes.
        masks: dropout masks of the GRU cell, as its `forward` takes them.
        about: "precision", and anything else worth recording, ready for JSON.

    Raises:
        OSError: the file cannot be written.
    """
    tensors = {f"weights/{name}": tensor for name, tensor in model.state_dict().items()}
    for name in _FIELDS:
        if (field := getattr(batch, name)) is not None:
            tensors[f"batch/{name}"] = field
    for name, mask in zip(("input_masks", "state_masks"), masks or (), strict=False):
        tensors[name] = mask
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {**about, "model": model.config.to_dict(), "var_id": batch.var_id}
    with file_beside(path) as partial:
        partial.write_bytes(save(whole, metadata={_KEY: json.dumps(header)}))


def replay(path: Path) -> Replay:
    """Repeat a recorded step on the CPU, by the plain form, up to its gradients.

    Raises:
        InputError: the file is damaged, or was not written by `write_fault`.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[_KEY])
            kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        fields: dict[str, Any] = {name: kept.get(f"batch/{name}") for name in _FIELDS}
        batch = Batch(about.pop("var_id"), **fields)
        model = GMVP(ModelConfig.from_dict(about.pop("model")), validate=False)
    except (SafetensorError, OSError, KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not the file of a failed step ({error})") from None
    weights = {name.removeprefix("weights/"): t for name, t in kept.items() if "weights/" in name}
    model.load_state_dict(weights)
    masks = (kept["input_masks"], kept["state_masks"]) if "input_masks" in kept else None
    return _repeat(model, batch, masks, about)


def _repeat(model: GMVP, batch: Batch, masks: GruMasks | None, about: dict[str, Any]) -> Replay:
    precise = in_precision(about["precision"], torch.device("cpu"))

    def forward(*inputs: Tensor | None, gru_masks: GruMasks | None) -> Tensor:
        with precise():
            logits: Tensor = model(*inputs, gru_masks=gru_masks)
            return logits.float()

    value = backward(forward, batch, masks)
    with torch.no_grad(), precise():
        intermediates = model.trace(*batch.inputs, gru_masks=masks)
    assert batch.label is not None, "a batch without labels has no loss"
    logits = intermediates["logit"].float()
    losses = [
        loss(logits[row : row + 1], batch.label[row : row + 1]).item()
        for row in range(len(batch.var_id))
    ]
    intermediate = next((name for name, s in intermediates.items() if not s.isfinite().all()), None)
    gradients = [
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is not None and not parameter.grad.isfinite().all()
    ]
    named = list(zip(batch.var_id, losses, strict=True))
    return Replay(about, value.item(), named, intermediate, gradients)
