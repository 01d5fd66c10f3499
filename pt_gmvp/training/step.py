"""One step of training: the loss, its gradients, and the optimiser's step."""

from collections.abc import Callable, Iterable

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from converters.errors import InputError
from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP
from pt_gmvp.optim import loss

GruMasks = tuple[Tensor, Tensor]


def backward(
    model: Callable[..., Tensor],
    batch: Batch,
    gru_masks: GruMasks | None = None,
    share: float = 1.0,
) -> Tensor:
    """Add `share` times the gradients of a batch's mean loss to the weights' gradients.

    Args:
        model: called as GMVP is.
        batch: with labels.
        gru_masks: dropout masks as the model's `forward` takes them, drawn if None.
        share: the factor of the gradients, for a batch that is part of a larger one.

    Returns:
        The batch's mean loss, a scalar, without the factor.

    Raises:
        InputError: a variant of the batch has no label.
    """
    if batch.label is None:
        raise InputError(f"{batch.var_id[0]} or another of its batch has no label to train on")
    value = loss(model(*batch.inputs, gru_masks=gru_masks), batch.label)
    (value * share).backward()  # type: ignore[no-untyped-call]
    return value.detach()


def train_step(
    model: GMVP,
    optimizer: Optimizer,
    batch: Batch,
    scheduler: LRScheduler | None = None,
    gru_masks: GruMasks | None = None,
) -> Tensor:
    """Take one step; return the loss from before it, a scalar.

    Dropout is active in training mode: call `model.train()` first, or `model.eval()` for a
    repeatable step. The optimiser uses its current rate, then the scheduler sets the next.
    `gru_masks` are dropout masks as the model's `forward` takes them, drawn if None.

    Raises:
        InputError: a variant of the batch has no label.
    """
    optimizer.zero_grad()
    value = backward(model, batch, gru_masks)
    optimizer.step()
    if scheduler is not None:
        scheduler.step()
    return value


def train(
    model: GMVP,
    optimizer: Optimizer,
    batches: Iterable[Batch],
    scheduler: LRScheduler | None = None,
) -> list[float]:
    """Take one step for each batch, in order; return the losses, each from before its step."""
    return [train_step(model, optimizer, batch, scheduler).item() for batch in batches]
