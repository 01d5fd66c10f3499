from collections.abc import Callable

import numpy as np
import pytest
import torch

from converters.errors import InputError
from pt_gmvp.data import Batch, collate
from pt_gmvp.model import GMVP
from pt_gmvp.optim import KerasAdam, WarmupLinearDecay, loss
from pt_gmvp.training import train, train_step


def golden_training(case, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """Twelve steps on four records each, dropout off, under the names of the golden files."""
    model = case.model(dtype)
    optimizer = KerasAdam(model.parameters())
    scheduler = WarmupLinearDecay(optimizer, 1e-3, 1e-4, warmup_steps=5, decay_steps=20)
    batches = [
        collate([case.records[(first + 4 * step) % 10] for first in range(4)]) for step in range(12)
    ]
    losses = train(model, optimizer, batches, scheduler)
    weights = case.canonical(dict(model.named_parameters()))
    kind = np.float32 if dtype == torch.float32 else np.float64
    return {
        "train/loss": np.array(losses, dtype=kind),
        **{f"train/final/{name}": weight for name, weight in weights.items()},
    }


@pytest.mark.slow
def test_golden_steps(case, assert_rounding: Callable[..., None]) -> None:
    ours32, ours64 = golden_training(case, torch.float32), golden_training(case, torch.float64)
    names = [name for name in case.archive if name.startswith("train/")]
    assert len(names) in (1, len(ours64))
    for name in names:
        assert_rounding(case.archive[name], ours32[name], ours64[name], f"{case.name} {name}")


def test_dropout_acts_in_training_mode_alone(small: Callable[..., GMVP], batch: Batch) -> None:
    losses = []
    for mode in (False, False, True):
        model = small().train(mode)
        torch.manual_seed(0)
        optimizer = KerasAdam(model.parameters())
        losses.append(train_step(model, optimizer, batch).item())
        assert model.training == mode
    assert losses[0] == losses[1] != losses[2]


def test_steps_lower_the_loss(small: Callable[..., GMVP], batch: Batch) -> None:
    model = small()
    losses = train(model, KerasAdam(model.parameters(), lr=0.02), [batch] * 15)
    assert losses[-1] < 0.5 * losses[0]


def test_a_batch_without_labels_is_refused(small: Callable[..., GMVP], batch: Batch) -> None:
    model = small()
    with pytest.raises(InputError) as refused:
        train_step(model, KerasAdam(model.parameters()), batch._replace(label=None))
    assert str(refused.value) == (
        "ENST00000269305_344_L_H or another of its batch has no label to train on"
    )


def test_dropout_masks_handed_in_make_a_step_that_can_be_repeated(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    keep = torch.tensor([0.0, 1 / 0.6], dtype=torch.float64)
    first, second = (
        keep[torch.randint(2, (3, 10, width), generator=torch.Generator().manual_seed(1))]
        for width in (6, 8)
    )
    masks = first, second
    losses = []
    for given in (masks, masks, None):
        model = small().train()
        optimizer = KerasAdam(model.parameters())
        losses.append(train_step(model, optimizer, batch, gru_masks=given).item())
    expected = loss(small()(*batch.inputs, gru_masks=masks), batch.label)
    assert losses[0] == losses[1] == expected.item() != losses[2]
