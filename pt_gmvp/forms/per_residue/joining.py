"""Computation for each substitution: its encoding, the GRU cell, its logit."""

from typing import NamedTuple, Self

import torch
from torch import Tensor

from converters.columns import N_AMINO_ACIDS
from pt_gmvp.model import GMVP


class Variants(NamedTuple):
    """Weights of the variants' encoding, in three parts.

    site: (51, F). residue: (21, F), with the bias. substitute: (20, F).
    """

    site: Tensor
    residue: Tensor
    substitute: Tensor

    @classmethod
    def of(cls, model: GMVP) -> Self:
        """Split the layer's weight."""
        layer = model.variant_encoding
        widths = [N_AMINO_ACIDS, N_AMINO_ACIDS, layer.in_features - 2 * N_AMINO_ACIDS]
        residue, substitute, site = torch.split(layer.weight.T, widths)
        # An invalid residue has a row of zeros.
        residue = torch.cat([residue, torch.zeros_like(residue[:1])]) + layer.bias
        return cls(site.contiguous(), residue, substitute.contiguous())

    def at_sites(self, sites: Tensor, residues: Tensor) -> Tensor:
        """Return the part of the encodings that the substitutions of a residue share, (n, F).

        Args:
            sites: (n, 51).
            residues: (n,) int64, 0 to 20.
        """
        return torch.addmm(self.residue[residues], sites, self.site)

    def encode(self, shared: Tensor, into: Tensor) -> None:
        """Encode all substitutions of residues, (B, 20, F), from their shared part, (B, F)."""
        torch.add(shared[:, None], self.substitute, out=into).relu_()

    def encode_some(self, shared: Tensor, substitutes: Tensor) -> Tensor:
        """Encode some substitutions of residues, (B, S, F), by their codes, (B, S)."""
        return self.substitute[substitutes].add_(shared[:, None]).relu_()


class Joining(NamedTuple):
    """Weights of the GRU cell and the layer after it.

    gates: (F + M, 2M), of r and z, whose parts by encoding and by state are simply added.
    inputs, state: (F, M) and (M, M), of the candidate state. logit: (M,) and (1,).
    """

    gates: Tensor
    gates_bias: Tensor
    inputs: Tensor
    inputs_bias: Tensor
    state: Tensor
    state_bias: Tensor
    logit: Tensor
    logit_bias: Tensor

    @classmethod
    def of(cls, model: GMVP) -> Self:
        """Stack the weights of the gates."""
        gru, ends = model.gru, [2 * model.config.d_model, model.config.d_model]
        gates_i, inputs = torch.split(gru.weight_ih, ends)
        gates_s, state = torch.split(gru.weight_hh, ends)
        bias_i, inputs_bias = torch.split(gru.bias_ih, ends)
        bias_s, state_bias = torch.split(gru.bias_hh, ends)
        return cls(
            gates=torch.cat([gates_i, gates_s], 1).T.contiguous(),
            gates_bias=bias_i + bias_s,
            inputs=inputs.T.contiguous(),
            inputs_bias=inputs_bias,
            state=state.T.contiguous(),
            state_bias=state_bias,
            logit=model.logit.weight[0],
            logit_bias=model.logit.bias,
        )

    def probabilities(self, both: Tensor) -> Tensor:
        """Return probabilities (V,) of variants from encodings and gathered values, (V, F + M)."""
        inputs, state = torch.split(both, [len(self.inputs), len(self.state)], 1)
        gates = torch.addmm(self.gates_bias, both, self.gates).sigmoid_()
        reset, update = gates.chunk(2, 1)
        candidate = torch.addmm(self.inputs_bias, inputs, self.inputs)
        recurrent = torch.addmm(self.state_bias, state, self.state)
        candidate.addcmul_(reset, recurrent).tanh_()
        joined = torch.lerp(candidate, state, update, out=recurrent)
        return torch.mv(joined, self.logit).add_(self.logit_bias).sigmoid_()
