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


class LabelError(InputError):
    """A batch to train on has a variant without a label."""


def backward(
    model: Callable[..., Tensor],
    batch: Batch,
    gru_masks: GruMasks | None = None,
    share: float = 1.0,
) -> Tensor:
    """Add `share` times the gradients of a batch's mean loss to the weights'.

    Args:
        model: called as GMVP is.
        batch: with labels.
        gru_masks: dropout masks as the model's `forward` has them, drawn if None.
        share: what the batch is of the one whose step is made, or a multiple of that.

    Returns:
        The batch's mean loss, a scalar, not multiplied.

    Raises:
        LabelError: a variant of the batch has no label.
    """
    if batch.label is None:
        raise LabelError(f"{batch.var_id[0]} or another of its batch has no label to train on")
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
    """Take one step and return the loss that went before it, a scalar.

    Dropout acts if the model is in training mode: call `model.train()` first, or `model.eval()` for
    a step that can be repeated. The optimiser uses the rate it has, then the scheduler sets the
    next. `gru_masks` are dropout masks as the model's `forward` has them, drawn if None.

    Raises:
        LabelError: a variant of the batch has no label.
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
