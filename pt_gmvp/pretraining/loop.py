"""Loop of the pre-training: epochs until the prediction of held-out proteins stops improving."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from converters.errors import InputError
from pt_gmvp.optim import KerasAdam, WarmupLinearDecay
from pt_gmvp.pretraining.baselines import constant
from pt_gmvp.pretraining.losses import Losses, evaluate, losses
from pt_gmvp.pretraining.masking import Hidden
from pt_gmvp.pretraining.network import Pretrainer, predict
from pt_gmvp.pretraining.proteins import Proteins
from pt_gmvp.pretraining.settings import PretrainSettings
from pt_gmvp.runs.early_stopping import EarlyStopping


class Epoch(NamedTuple):
    """An epoch's line of metrics.jsonl, and whether it is the best so far."""

    line: dict[str, Any]
    best: bool


def pretrain(
    network: Pretrainer,
    proteins: Proteins,
    training: Tensor,
    validation: Tensor,
    settings: PretrainSettings,
    seed: int,
    advance: Callable[[float], None] = lambda units: None,
) -> Iterator[Epoch]:
    """Train in place, one epoch per item, until early stopping or the last epoch.

    Args:
        network: on the device to train on.
        proteins: all of them.
        training: rows of the positions to learn from.
        validation: rows of those to evaluate each epoch on.
        settings: how to train.
        seed: of the order of positions; the network has its initial values already.
        advance: called with the number of finished positions.

    Raises:
        InputError: a loss is NaN or infinite; the weights are those from before its step.
    """
    generator = Generator().manual_seed(seed)
    network.start_at(constant(proteins.targets(training, settings.gap)))
    optimizer = KerasAdam(network.parameters(), settings.learning_rate)
    scheduler = WarmupLinearDecay(
        optimizer,
        settings.learning_rate,
        settings.end_learning_rate,
        settings.warmup_steps,
        settings.decay_steps,
    )
    truth = proteins.targets(validation, settings.gap)
    stopping = EarlyStopping("loss", settings.patience)
    step, started = 0, time.monotonic()
    for epoch in range(1, settings.max_epochs + 1):
        order = torch.randperm(len(training), generator=generator)[: settings.epoch_size]
        sums: list[Tensor] = []
        network.train()
        for start in range(0, len(order), settings.batch_size):
            places = training[order[start : start + settings.batch_size]]
            step += 1
            part = _step(network, optimizer, proteins, places, settings, step)
            scheduler.step()
            sums.append(torch.stack(part).detach())
            advance(len(places))
        prediction = predict(network, proteins, validation, settings.derived, advance)
        found = evaluate(prediction, truth)
        line = {
            "epoch": epoch,
            "step": step,
            "learning_rate": scheduler.get_last_lr()[0],
            **_training(Losses(*torch.stack(sums).sum(0))),
            **found._asdict(),
            "seconds": round(time.monotonic() - started, 3),
        }
        stop = stopping({"epoch": epoch, "loss": found.divergence})
        yield Epoch(line, stopping.best_epoch == epoch)
        if stop:
            return


def _step(
    network: Pretrainer,
    optimizer: KerasAdam,
    proteins: Proteins,
    places: Tensor,
    settings: PretrainSettings,
    step: int,
) -> Losses:
    device = network.rate.weight.device
    seen = Hidden(*(part.to(device) for part in proteins.hidden(places, settings.derived)))
    found = losses(network(seen), proteins.targets(places, settings.gap).to(device))
    divergence, deviance, error = found.means()
    loss = divergence + settings.count_weight * deviance + settings.frequency_weight * error
    if not loss.isfinite():
        raise InputError(
            f"step {step}: the loss is {loss.item()} (residues {divergence.item():g}, "
            f"counts {deviance.item():g}, allele frequencies {error.item():g}); "
            "try a lower learning_rate"
        )
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return found


def _training(found: Losses) -> dict[str, float | None]:
    """Return the means over an epoch's steps, each from before its step."""
    divergence, deviance, error = (value.item() for value in found.means())
    return {
        "training_divergence": divergence,
        "training_deviance": deviance if found.counted > 0 else None,
        "training_error": math.sqrt(error) if found.frequencies > 0 else None,
    }
