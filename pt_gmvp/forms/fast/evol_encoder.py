"""Co-evolution without products of one-hot tensors."""

import torch
from torch import Tensor

from converters.columns import N_AMINO_ACIDS, RESIDUE_STATES, SPECIES
from pt_gmvp.evol_encoder import RIDGE, EvolEncoder
from pt_gmvp.forms.fast.counting import Related, relate
from pt_gmvp.residues import check_residues, one_hot

COUNTED = ("fre", "cov")


def encode(encoder: EvolEncoder, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Compute what `encoder(x)` does, with the same arguments, results and errors.

    "fre" and "cov" are counted (`counting.relate`), "inv_cov" inverts a matrix over species instead
    of one over the window's states. "none" and "cov_all", which no whole model has, are left to the
    encoder.
    """
    if encoder.pairwise_type in ("none", "cov_all"):
        return encoder(x)  # type: ignore[no-any-return]
    if encoder.validate:
        check_residues("x", x[..., :SPECIES])
    if encoder.pairwise_type == "inv_cov":
        return invert(encoder, x)
    related = count(encoder, x)
    return related.frequencies.to(x.dtype), related.dense().to(x.dtype)


def count(encoder: EvolEncoder, x: Tensor) -> Related:
    """Relate the positions of an alignment (B, L, 400) as an encoder of a `COUNTED` type does."""
    centered = encoder.pairwise_type == "cov"
    normed = N_AMINO_ACIDS if encoder.pairwise_norm == "paper" else RESIDUE_STATES
    return relate(x[..., :SPECIES], encoder.weights(x), centered, normed * centered)


def invert(encoder: EvolEncoder, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return frequencies (B, L, 21) and the centre's rows of the inverse (B, L, 441).

    With U (N, L * A) the deviations times the roots of the weights, and r the ridge,

        (U^T U + r)^-1 = (1 - U^T (U U^T + r)^-1 U) / r

    (M. A. Woodbury, Inverting modified matrices, 1950): a system of size N instead of L * A.
    """
    weights = encoder.weights(x)
    states = one_hot(x[..., :SPECIES].mT.contiguous(), RESIDUE_STATES, weights.dtype)
    batch, species, window, _ = states.shape
    frequencies = (weights @ states.flatten(2)).reshape_as(states[:, 0])
    factors = (states - frequencies[:, None]) * weights.sqrt()[:, None, None]
    flat, center = factors.flatten(2), factors[:, :, window // 2]
    ridge = RIDGE * torch.eye(species, dtype=flat.dtype, device=flat.device)
    solved = torch.linalg.solve(flat @ flat.mT + ridge, center)
    rows = -(solved.mT @ flat).reshape(batch, RESIDUE_STATES, window, RESIDUE_STATES)
    identity = rows.new_zeros(rows.shape[1:])
    identity[:, window // 2] = torch.eye(RESIDUE_STATES, dtype=rows.dtype, device=rows.device)
    return frequencies, ((rows + identity) / RIDGE).transpose(1, 2).flatten(-2)
