"""Co-evolution of related sequences, corrected for common descent.

Sequences of one tree are not independent. A clade has its own residues at all positions where it
differs from the rest, so any two of these positions seem to vary together. Generalised least
squares, as for traits of related species (Grafen 1989, doi:10.1098/rstb.1989.0106), weighs by the
inverse of the relatedness, which is estimated here from the alignment, without a tree.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from converters.columns import N_AMINO_ACIDS, RESIDUE_STATES
from converters.errors import InputError
from pt_gmvp.analysis.coevolution.strength import BLOCK, assembled, checked_codes, checked_norm
from pt_gmvp.residues import one_hot

SHRINKAGE = 0.2
"""Weight of the unit matrix added to the relatedness; 0.1 to 0.3 makes little difference
(docs/coevolution.md)."""
MOST_SEQUENCES = 10_000
"""For this many, the relatedness takes 0.8 GB, and its inverse the same again."""


def decorrelated_coevolution(
    codes: ArrayLike,
    norm: str = "released",
    *,
    shrinkage: float = SHRINKAGE,
    device: str | torch.device = "cpu",
    block: int = BLOCK,
    advance: Callable[[int], object] | None = None,
) -> NDArray[np.float64]:
    """Measure how strongly all pairs of positions vary together, corrected for common descent.

    With X the one-hot residues, N sequences, K their relatedness (`relatedness`), I the unit
    matrix, P the inverse of (K + shrinkage I) / (1 + shrinkage), and 1 a column of ones, the
    covariance of positions i and j is the (21, 21) matrix

        X[i]^T (P - P 1 1^T P / (1^T P 1)) X[j] / N

    and their strength is its norm, as in `coevolution`. It is the covariance of decorrelated
    residues about their generalised least squares means; with P = I it equals `coevolution`'s.
    Time: N * L * L / 2 times 21 * 21 multiplications; memory: N * N numbers.

    Args:
        codes: (N, L) whole numbers, 0 to 19 for the amino acids and 20 for all else.
        norm: "released" or "paper", as in `coevolution`.
        shrinkage: above 0; the larger, the weaker the correction.
        device: where to compute in float64, "cpu" or a CUDA device.
        block: positions of a block; does not affect the result.
        advance: called with the number of pairs of blocks done since the last call.

    Returns:
        (L, L) float64, exactly symmetric, without unit, at least 1e-6.

    Raises:
        ResidueCodeError: a code outside 0 to 20, with its place.
        InputError: another shape or norm, an invalid shrinkage, or too many sequences.
    """
    checked_norm(norm)
    array = checked_codes(codes)
    if not 0 < shrinkage < np.inf:
        raise InputError(f"shrinkage is {shrinkage:g}; expected a number above 0")
    if len(array) > MOST_SEQUENCES:
        raise InputError(
            f"{len(array):,} sequences to compare with one another; expected at most"
            f" {MOST_SEQUENCES:,}: remove near-duplicates first, or weight by identity instead"
        )
    place = torch.device(device)
    by_position = torch.from_numpy(np.ascontiguousarray(array.T)).to(place)
    weights = _weights(relatedness(array), shrinkage)
    covariance = partial(_covariance, by_position, torch.from_numpy(weights).to(place))
    return assembled(covariance, array.shape[1], norm, block, advance)


def relatedness(codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the similarity of sequences beyond the average, (N, N), with a mean diagonal of 1.

    It is the product of their amino acid indicators, centred at each position; the unit matrix if
    all sequences are the same.
    """
    count, length = codes.shape
    same = torch.zeros(count, count, dtype=torch.float64)
    for start in range(0, length, BLOCK):
        states = one_hot(
            torch.from_numpy(codes[:, start : start + BLOCK]), N_AMINO_ACIDS, torch.float32
        )
        flat = states.flatten(1)
        same += (flat @ flat.T).double()
    same -= same.mean(0)
    same -= same.mean(1, keepdim=True)
    scale = same.diagonal().mean()
    # For identical sequences only rounding errors remain.
    if scale <= 1e-9 * length:
        return np.eye(count)
    found: NDArray[np.float64] = (same / scale).numpy()
    return found


def _weights(related: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
    """Return the weights of products of two sequences' states, (N, N), whose columns sum to 0."""
    count = len(related)
    inverse = np.linalg.inv((related + shrinkage * np.eye(count)) / (1 + shrinkage))
    inverse = (inverse + inverse.T) / 2
    sums = inverse.sum(0)
    found: NDArray[np.float64] = (inverse - np.outer(sums, sums) / sums.sum()) / count
    return found


def _covariance(codes: Tensor, weights: Tensor, first: slice, second: slice) -> NDArray[np.float64]:
    """Return the covariances of two blocks of positions, (I, J, 21, 21), for codes (L, N)."""
    slow, fast = _states(codes[first]), _states(codes[second])
    found = (slow @ weights @ fast.T).view(-1, RESIDUE_STATES, len(codes[second]), RESIDUE_STATES)
    return found.transpose(1, 2).cpu().numpy()


def _states(codes: Tensor) -> Tensor:
    """Return codes (I, N) one-hot as (I * 21, N) float64."""
    return one_hot(codes, RESIDUE_STATES, torch.float64).mT.flatten(0, 1)
