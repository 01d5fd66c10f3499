"""Co-evolution: residue frequencies and covariances of an alignment's positions."""

import torch
from torch import Generator, Tensor, nn

from converters.columns import N_AMINO_ACIDS, RESIDUE_STATES, SPECIES
from pt_gmvp.config import ModelConfig
from pt_gmvp.residues import check_residues, one_hot

# Keeps the square root differentiable where nothing covaries with the centre.
NORM_EPSILON = 1e-12
# Makes the covariance invertible: at most N of its L * A rows are independent.
RIDGE = 0.01


class EvolEncoder(nn.Module):
    """Encoder of weighted residue frequencies, and of the positions' covariance with the centre.

    With s the species weights, X the one-hot residues and f the frequencies, the covariance of
    positions i and j is sum_n s_n (X_n[i] - f[i]) (X_n[j] - f[j])^T
    (doi:10.1038/s42256-022-00561-w, there with s_n = 1/N); flattened to 441 columns, the state at i
    is the slow index.

    Args:
        pairwise_type: the second output:
            "none": nothing;
            "fre": joint frequencies with the centre, (B, L, 441);
            "cov": covariance with the centre, and its norm as a last column, (B, L, 442);
            "cov_all": the same for every pair of positions, (B, L, L, 442);
            "inv_cov": the centre's rows of the inverse of the (L * A, L * A) covariance with 0.01
            added to its diagonal, (B, L, 441).
        weighting_schema: "spe", softmax of the trainable `species_weights` (1, N), zero at first;
            or "none", 1 / N each.
        pairwise_norm: what the norm sums over: "released", all 21 x 21 pairs of states; "paper",
            the 20 x 20 pairs of amino acids.
        validate: refuse residue codes that are NaN, infinite or negative.

    Raises:
        ConfigError: another value of the first three arguments.
    """

    def __init__(
        self,
        pairwise_type: str = "cov",
        weighting_schema: str = "spe",
        pairwise_norm: str = "released",
        *,
        validate: bool = True,
    ) -> None:
        super().__init__()
        ModelConfig(
            pairwise_type=pairwise_type,
            weighting_schema=weighting_schema,
            pairwise_norm=pairwise_norm,
        )
        self.pairwise_type = pairwise_type
        self.weighting_schema = weighting_schema
        self.pairwise_norm = pairwise_norm
        self.validate = validate
        if weighting_schema == "spe":
            self.species_weights = nn.Parameter(torch.empty(1, SPECIES))
        self.reset_parameters()

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Set the initial values: equal weights for all species, without randomness."""
        if self.weighting_schema == "spe":
            nn.init.zeros_(self.species_weights)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """Encode an alignment.

        Args:
            x: (B, L, 400), of which only the first 200 columns are used: the residue of each
                species, truncated toward 0. A residue outside of 0 to 20 is encoded as zeros.

        Returns:
            frequencies (B, L, 21) and pairwise, as described for the class, in the dtype of `x`.

        Raises:
            ResidueCodeError: a code is NaN, infinite or negative.
        """
        if self.validate:
            check_residues("x", x[..., :SPECIES])
        # (B, N, L, A): with species before positions in memory, every sum over species below is one
        # matrix product without a copy.
        residues = x[..., :SPECIES].mT.contiguous()
        states = one_hot(residues, RESIDUE_STATES, x.dtype)
        weights = self.weights(x)
        frequencies = (weights @ states.flatten(2)).reshape_as(states[:, 0])
        return frequencies, self._pairwise(states, frequencies, weights)

    def trace(self, x: Tensor) -> dict[str, Tensor | None]:
        """Run `forward` and return its results by name: "frequencies" and "pairwise"."""
        frequencies, pairwise = self(x)
        return {"frequencies": frequencies, "pairwise": pairwise}

    def weights(self, like: Tensor) -> Tensor:
        """Return the weight of each species, (N,), summing to 1; `like` gives dtype and device."""
        if self.weighting_schema == "spe":
            return self.species_weights[0].softmax(-1)
        return like.new_full((SPECIES,), 1 / SPECIES)

    def _pairwise(self, states: Tensor, frequencies: Tensor, weights: Tensor) -> Tensor | None:
        """Return the second output; states (B, N, L, A), frequencies (B, L, A), weights (N,)."""
        if self.pairwise_type == "none":
            return None
        if self.pairwise_type == "fre":
            return _with_center(states, weights).flatten(-2)
        deviations = states - frequencies[:, None]
        if self.pairwise_type == "cov":
            return self._append_norm(_with_center(deviations, weights))
        if self.pairwise_type == "cov_all":
            return self._append_norm(_with_each_other(deviations, weights))
        return _center_of_inverse(_with_each_other(deviations, weights)).flatten(-2)

    def _append_norm(self, covariance: Tensor) -> Tensor:
        """Flatten (..., A, A) to 441 columns and append their norm."""
        states = N_AMINO_ACIDS if self.pairwise_norm == "paper" else RESIDUE_STATES
        squares = covariance[..., :states, :states].square().sum((-2, -1))
        norm = (squares + NORM_EPSILON).sqrt()
        return torch.cat([covariance.flatten(-2), norm[..., None]], -1)

    def extra_repr(self) -> str:
        """Show the configuration in `repr`."""
        return f"{self.pairwise_type!r}, {self.weighting_schema!r}, {self.pairwise_norm!r}"


def _with_center(factors: Tensor, weights: Tensor) -> Tensor:
    """Sum over species the weighted products of the centre's and each position's factors.

    (B, N, L, A) and (N,) -> (B, L, A, A), the centre's state first.
    """
    center = factors[:, :, factors.shape[2] // 2]
    return torch.einsum("bnx,bnly->blxy", center * weights[:, None], factors)


def _with_each_other(factors: Tensor, weights: Tensor) -> Tensor:
    """Sum the same for all pairs of positions: (B, N, L, A) and (N,) -> (B, L, L, A, A)."""
    # The root on both factors keeps the sum exactly symmetric for the inverse.
    rooted = factors * weights.sqrt()[:, None, None]
    return torch.einsum("bnix,bnjy->bijxy", rooted, rooted)


def _center_of_inverse(covariance: Tensor) -> Tensor:
    """Return the centre's rows of the inverse of the whole covariance plus the ridge.

    (B, L, L, A, A) -> (B, L, A, A), the centre's state first.
    """
    batch, window, _, states, _ = covariance.shape
    size, center = window * states, window // 2 * states
    matrix = covariance.transpose(2, 3).reshape(batch, size, size)
    identity = torch.eye(size, dtype=matrix.dtype, device=matrix.device)
    # Rows of an inverse solve the transposed system; for these few, in a third of the time.
    wanted = identity[:, center : center + states]
    rows: Tensor = torch.linalg.solve((matrix + RIDGE * identity).mT, wanted.expand(batch, -1, -1))
    return rows.mT.reshape(batch, states, window, states).transpose(1, 2)
