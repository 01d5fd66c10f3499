"""A step that went wrong, kept whole in one file and replayed from it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
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
from pt_gmvp.residues import ResidueCodeError
from pt_gmvp.training.building import in_precision
from pt_gmvp.training.step import GruMasks, backward

_KEY = "gmvp-fault"
_FIELDS = ("label", "ref_aa", "alt_aa", "feature", "mask", "window")


class DivergedError(InputError):
    """A loss, or a gradient, that is NaN or infinite."""


class ReaderError(InputError):
    """A process that reads batches in advance was killed."""


class VariantError(InputError):
    """A variant that the model refuses."""


class ReplayError(InputError):
    """A file that no step can be replayed from."""


class Replay(NamedTuple):
    """What a replayed step came to.

    Attributes:
        about: what the run said of the step: "step", "epoch", "loss", "gradient_norm", ...
        loss: the mean loss now.
        losses: the loss of each variant by its name; names of variants may repeat.
        intermediate: the first intermediate with a value that is not finite, or None.
        gradients: the weights whose gradients are not finite.
    """

    about: dict[str, Any]
    loss: float
    losses: list[tuple[str, float]]
    intermediate: str | None
    gradients: list[str]


def reading(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Give the batches, and say clearly if a process that reads them was killed.

    Raises:
        ReaderError: in place of what a loader raises then.
    """
    source = iter(batches)
    while True:
        try:
            batch = next(source)
        except StopIteration:
            return
        except (RuntimeError, ConnectionError, EOFError) as error:
            if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
                raise
            detail = (str(error) or type(error).__name__).splitlines()[0]
            raise ReaderError(
                f"a process that reads batches was killed ({detail}); the last checkpoint is "
                "whole: go on from it with --resume"
            ) from None
        yield batch
        # Not held while the next is made, so that its memory can be used again for that.
        del batch


@contextmanager
def naming(batch: Batch) -> Iterator[None]:
    """Let what the model refuses of a batch be known by the variant's name.

    Raises:
        VariantError: a residue code that is none.
    """
    try:
        yield
    except ResidueCodeError as error:
        sharing = [error.row] if batch.window is None else range(len(batch.var_id))
        names = ", ".join(batch.var_id[row] for row in sharing)
        raise VariantError(f"variant {names}: {error}") from None


def write_fault(
    path: Path,
    model: GMVP,
    batch: Batch,
    masks: GruMasks | None,
    about: Mapping[str, Any],
) -> None:
    """Keep a step: the whole batch, the weights before the step, the dropout masks.

    Args:
        path: the file, which appears whole or not at all.
        model: with the weights of before the step.
        batch: all of it, over all processes.
        masks: of the GRU cell, as its `forward` has them.
        about: "precision" and whatever else is to be known of the step, as JSON has it.

    Raises:
        OSError: it cannot be written.
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
    """Take a kept step again on the CPU, by the plain form, up to its gradients.

    Raises:
        ReplayError: the file is damaged, or none that `write_fault` wrote.
    """
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})[_KEY])
            kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        fields: dict[str, Any] = {name: kept.get(f"batch/{name}") for name in _FIELDS}
        batch = Batch(about.pop("var_id"), **fields)
        model = GMVP(ModelConfig.from_dict(about.pop("model")), validate=False)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ReplayError(f"{path}: no file of a step that went wrong ({error})") from None
    weights = {name.removeprefix("weights/"): t for name, t in kept.items() if "weights/" in name}
    model.load_state_dict(weights)
    masks = (kept["input_masks"], kept["state_masks"]) if "input_masks" in kept else None
    return _taken(model, batch, masks, about)


def _taken(model: GMVP, batch: Batch, masks: GruMasks | None, about: dict[str, Any]) -> Replay:
    precise = in_precision(about["precision"], torch.device("cpu"))

    def forward(*inputs: Any, gru_masks: GruMasks | None) -> Tensor:
        with precise():
            logits: Tensor = model(*inputs, gru_masks=gru_masks)
            return logits.float()

    value = backward(forward, batch, masks)
    with torch.no_grad(), precise():
        intermediates = model.trace(*batch.inputs, gru_masks=masks)
    assert batch.label is not None, "a batch without labels has no loss to go wrong"
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
