"""How well hidden positions are told, by a network or by anything else."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pt_gmvp.pretraining.losses import divergence, losses
from pt_gmvp.pretraining.network import Pretrainer, Told
from pt_gmvp.pretraining.proteins import Proteins, Targets

AT_ONCE = 256


class Judgement(NamedTuple):
    """Means over positions where the truth is given, None where there are none.

    `divergence` in nats; `recovery`, the share of positions whose commonest residue is told as the
    likeliest; `deviance`, half the Poisson deviance of missense counts; `error`, the root mean
    square error of log10 allele frequencies.
    """

    divergence: float
    recovery: float
    deviance: float | None
    error: float | None


def judge(told: Told, targets: Targets) -> Judgement:
    """Judge what was told of P positions."""
    found = losses(told, targets)
    apart, deviance, wrong = found.means()
    hit = (told.residues.argmax(-1) == targets.distribution.argmax(-1)).to(apart.dtype)
    recovery = (hit * targets.weight).sum() / targets.weight.sum().clamp(min=1)
    return Judgement(
        apart.item(),
        recovery.item(),
        deviance.item() if found.counted > 0 else None,
        wrong.sqrt().item() if found.frequencies > 0 else None,
    )


def by_protein(told: Told, targets: Targets, sizes: Sequence[int]) -> list[float]:
    """Mean divergence of each protein, the positions being theirs one after the other."""
    apart = divergence(targets.distribution, told.residues.log_softmax(-1)) * targets.weight
    protein = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    sums = (apart.new_zeros(len(sizes)).index_add(0, protein, x) for x in (apart, targets.weight))
    found: list[float] = (next(sums) / next(sums).clamp(min=1)).tolist()
    return found


@torch.inference_mode()
def tell(
    network: Pretrainer,
    proteins: Proteins,
    places: Tensor,
    derived: bool,
    advance: Callable[[float], None] = lambda units: None,
) -> Told:
    """Let a network tell of all (P,) places, in evaluation, on the device it is on."""
    network.eval()
    device = network.rate.weight.device
    parts: list[Told] = []
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        seen = proteins.hidden(some, derived)
        parts.append(network(type(seen)(*(tensor.to(device) for tensor in seen))))
        advance(len(some))
    return Told(*(torch.cat(part).cpu() for part in zip(*parts, strict=True)))
