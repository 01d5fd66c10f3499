"""Network of the pre-training: gMVP's own layers, and heads that are dropped afterwards."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from converters.columns import N_AMINO_ACIDS
from pt_gmvp.config import ModelConfig
from pt_gmvp.initializers import Dense
from pt_gmvp.model import GMVP
from pt_gmvp.pretraining.masking import Hidden
from pt_gmvp.pretraining.proteins import Proteins

_AT_ONCE = 256


class Prediction(NamedTuple):
    """Prediction for B hidden positions.

    `residues` (B, S) logits of the states; `rate` (B,) the log of observed over expected missense
    variants; `frequency` (B, 20) log10 of each substitute's allele frequency.
    """

    residues: Tensor
    rate: Tensor
    frequency: Tensor


class Pretrainer(nn.Module):
    """Attention over the neighbours of a hidden position, from a constant query.

    The query and the pairs' encodings are zeros, of which `mha.wq` and `mha.w_pairwise` make their
    biases; so those weights, and the layers that normally make the encodings, learn nothing.

    Args:
        config: of the gMVP model whose layers are trained.
        gap: whether the gap is a state to predict.
        generator: source of the initial values.
    """

    def __init__(self, config: ModelConfig, gap: bool, generator: Generator) -> None:
        super().__init__()
        self.gmvp = GMVP(config, generator=generator)
        width = config.d_model
        self.hidden = Dense(width, width)
        self.residues = Dense(width, N_AMINO_ACIDS + gap)
        self.rate = Dense(width, 1)
        self.frequency = Dense(width, N_AMINO_ACIDS)
        for layer in self.heads.values():
            layer.reset_parameters(generator)

    @property
    def heads(self) -> dict[str, Dense]:
        """Return the layers that are not part of gMVP, by name."""
        return {name: getattr(self, name) for name in ("hidden", "residues", "rate", "frequency")}

    @torch.no_grad()
    def start_at(self, prediction: Prediction) -> None:
        """Make the heads start at a prediction, of one row, rather than learn the means first."""
        self.residues.bias.copy_(prediction.residues[0])
        self.rate.bias.copy_(prediction.rate)
        self.frequency.bias.copy_(prediction.frequency[0])

    def forward(self, seen: Hidden) -> Prediction:
        """Predict what is hidden at the centres of B windows."""
        neighbors = self.gmvp.neighbor_encoding(seen.context).relu()
        zeros = neighbors.new_zeros(len(neighbors), 1, neighbors.shape[-1])
        gathered = self.gmvp.mha(zeros, neighbors, zeros.expand_as(neighbors), seen.mask)
        hidden = self.hidden(gathered).relu()
        rate = self.rate(hidden).squeeze(-1)
        return Prediction(self.residues(hidden), rate, self.frequency(hidden))


@torch.inference_mode()
def predict(
    network: Pretrainer,
    proteins: Proteins,
    places: Tensor,
    derived: bool,
    advance: Callable[[float], None] = lambda units: None,
) -> Prediction:
    """Predict all (P,) places, in evaluation mode, on the network's device."""
    network.eval()
    device = network.rate.weight.device
    parts: list[Prediction] = []
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        seen = proteins.hidden(some, derived)
        parts.append(network(Hidden(*(tensor.to(device) for tensor in seen))))
        advance(len(some))
    return Prediction(*(torch.cat(part).cpu() for part in zip(*parts, strict=True)))
