"""Co-evolution without products of one-hot tensors."""

import torch
from torch import Tensor

from pt_gmvp.config import RESIDUE_STATES, SPECIES
from pt_gmvp.evol_encoder import AMINO_ACIDS, RIDGE, EvolEncoder
from pt_gmvp.fast.counting import relate
from pt_gmvp.residues import check_residues, one_hot


def encode(encoder: EvolEncoder, x: Tensor) -> tuple[Tensor, Tensor | None]:
    """Compute what `encoder(x)` does; see there for arguments, results and errors.

    "fre" and "cov" are counted (`counting.relate`), "inv_cov" inverts a matrix of the species
    rather than of the window's states (`_center_of_inverse`). "none" and "cov_all", which no whole
    model has, are left to the encoder.
    """
    if encoder.pairwise_type in ("none", "cov_all"):
        return encoder(x)  # type: ignore[no-any-return]
    codes = x[..., :SPECIES]
    if encoder.validate:
        check_residues("x", codes)
    weights = encoder.weights(x)
    if encoder.pairwise_type == "inv_cov":
        return _inverse(codes, weights)
    centered = encoder.pairwise_type == "cov"
    normed = AMINO_ACIDS if encoder.pairwise_norm == "paper" else RESIDUE_STATES
    return relate(codes, weights, centered, normed * centered)


def _inverse(codes: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Frequencies (B, L, 21) and the centre's rows of the inverse, (B, L, 441)."""
    states = one_hot(codes.mT.contiguous(), RESIDUE_STATES, weights.dtype)
    frequencies = (weights @ states.flatten(2)).reshape_as(states[:, 0])
    deviations = (states - frequencies[:, None]) * weights.sqrt()[:, None, None]
    return frequencies, _center_of_inverse(deviations).flatten(-2)


def _center_of_inverse(factors: Tensor) -> Tensor:
    """Invert U^T U + RIDGE, of L * A rows, by way of U U^T, which has but N.

    With U (N, L * A) the deviations, the roots of the weights on them, and r the ridge,

        (U^T U + r)^-1 = (1 - U^T (U U^T + r)^-1 U) / r

    (M. A. Woodbury, Inverting modified matrices, 1950). Of it the centre's rows are wanted.
    (B, N, L, A) -> (B, L, A, A), the centre's state first.
    """
    batch, species, window, states = factors.shape
    flat = factors.flatten(2)
    ridge = RIDGE * torch.eye(species, dtype=flat.dtype, device=flat.device)
    center = factors[:, :, window // 2]
    solved = torch.linalg.solve(flat @ flat.mT + ridge, center)
    rows = -(solved.mT @ flat).reshape(batch, states, window, states)
    identity = torch.zeros_like(rows[0])
    identity[:, window // 2] = torch.eye(states, dtype=rows.dtype, device=rows.device)
    return ((rows + identity) / RIDGE).transpose(1, 2)
