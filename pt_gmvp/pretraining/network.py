"""The network of the pre-training: gMVP's own layers, and heads that fall away afterwards."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from pt_gmvp.config import ModelConfig
from pt_gmvp.initializers import Dense
from pt_gmvp.model import GMVP
from pt_gmvp.pretraining.masking import Hidden

AMINO_ACIDS = 20


class Told(NamedTuple):
    """What the network says of B positions.

    `residues` (B, S) logits of the states; `rate` (B,) the log of observed over expected missense
    variants; `frequency` (B, 20) log10 of each substitute's allele frequency.
    """

    residues: Tensor
    rate: Tensor
    frequency: Tensor


class Pretrainer(nn.Module):
    """Attention over the neighbours of a hidden position, from a query that is always the same.

    The query and the pairs' encodings are zeros, of which `mha.wq` and `mha.w_pairwise` make their
    biases; so those weights, and the layers that would have made the encodings, learn nothing.

    Args:
        config: of the gMVP model whose layers are trained.
        gap: whether the gap is a state to predict.
        generator: the source of the initial values.
    """

    def __init__(self, config: ModelConfig, gap: bool, generator: Generator) -> None:
        super().__init__()
        self.gmvp = GMVP(config, generator=generator)
        width = config.d_model
        self.hidden = Dense(width, width)
        self.residues = Dense(width, AMINO_ACIDS + gap)
        self.rate = Dense(width, 1)
        self.frequency = Dense(width, AMINO_ACIDS)
        for layer in self.heads.values():
            layer.reset_parameters(generator)

    @property
    def heads(self) -> dict[str, Dense]:
        """The layers that are no part of gMVP, by name."""
        return {name: getattr(self, name) for name in ("hidden", "residues", "rate", "frequency")}

    @torch.no_grad()
    def start_at(self, told: Told) -> None:
        """Let the heads begin with what is told, one row, rather than learn the means first."""
        self.residues.bias.copy_(told.residues[0])
        self.rate.bias.copy_(told.rate)
        self.frequency.bias.copy_(told.frequency[0])

    def forward(self, seen: Hidden) -> Told:
        """Tell what is hidden at the centres of B windows."""
        neighbors = self.gmvp.neighbor_encoding(seen.context).relu()
        nothing = neighbors.new_zeros(len(neighbors), 1, neighbors.shape[-1])
        gathered = self.gmvp.mha(nothing, neighbors, nothing.expand_as(neighbors), seen.mask)
        hidden = self.hidden(gathered).relu()
        return Told(self.residues(hidden), self.rate(hidden).squeeze(-1), self.frequency(hidden))
