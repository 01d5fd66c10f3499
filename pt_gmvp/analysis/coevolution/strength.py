"""Co-evolution strengths of all pairs of positions of an alignment, in bounded memory."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from converters.columns import N_AMINO_ACIDS, RESIDUE_STATES
from converters.errors import InputError
from converters.model_config import CHOICES
from pt_gmvp.analysis.coevolution.joint import multiplied, scattered
from pt_gmvp.evol_encoder import NORM_EPSILON
from pt_gmvp.residues import ResidueCodeError

BLOCK = 64
"""Positions per block; with 64, the sums of two blocks take 14 MB."""

METHODS = {"scatter": scattered, "product": multiplied}


def coevolution(
    codes: ArrayLike,
    weights: ArrayLike | None = None,
    norm: str = "released",
    *,
    device: str | torch.device = "cpu",
    method: str | None = None,
    block: int = BLOCK,
    advance: Callable[[int], object] | None = None,
) -> NDArray[np.float64]:
    """Measure how strongly all pairs of positions of an alignment vary together.

    With w the sequences' weights, scaled to sum 1, X the one-hot residues and f their weighted
    frequencies, the covariance of positions i and j is the (21, 21) matrix
    sum_n w_n (X_n[i] - f[i]) (X_n[j] - f[j])^T, and their strength is its norm,
    sqrt(sum of squares + 1e-12) (doi:10.1038/s42256-022-00561-w, there with w_n = 1 / N). It equals
    the last column of the EvolEncoder's `cov_all`, for alignments of any size.

    Only half of the pairs of blocks are computed. Besides the result (8 L * L bytes) and two copies
    of the codes (N * L bytes each), the memory depends only on `block`: about 50 MB with "scatter",
    250 MB with "product".

    Args:
        codes: (N, L) whole numbers, 0 to 19 for the amino acids and 20 for all else.
        weights: (N,), not negative, not all 0; by default all sequences weigh the same.
        norm: "released" sums all 21 x 21 pairs of states, "paper" the 20 x 20 pairs of amino acids,
            without the gap.
        device: where to compute, "cpu" or a CUDA device.
        method: "scatter", the default on a CPU, where it always runs: weighted counts in float64;
            or "product", the default elsewhere: float32 matrix products of one-hot states, summed
            in float64 over chunks of sequences. Without weights both are exact up to the last
            subtraction.
        block: positions of a block; does not affect the result.
        advance: called with the number of pairs of blocks done since the last call, of
            `count_steps(L, block)` in total.

    Returns:
        (L, L) float64, exactly symmetric, without unit, at least 1e-6. The diagonal is a
        position's strength with itself.

    Raises:
        ResidueCodeError: a code outside 0 to 20, with its place.
        InputError: another shape, norm or method, or invalid weights.
    """
    checked_norm(norm)
    if method is not None and method not in METHODS:
        raise InputError(f"method is {method!r}; expected {' or '.join(METHODS)}")
    array = checked_codes(codes)
    weight = _checked_weights(weights, len(array))
    place = torch.device(device)
    by_position = np.ascontiguousarray(array.T)
    joint = METHODS[method or ("scatter" if place.type == "cpu" else "product")]
    sums = joint(by_position, weight, place)
    total = weight.sum()
    frequencies = _frequencies(by_position, weight) / total

    def covariance(first: slice, second: slice) -> NDArray[np.float64]:
        found = sums(first, second)
        found /= total
        found -= frequencies[first, None, :, None] * frequencies[None, second, None, :]
        return found

    return assembled(covariance, len(by_position), norm, block, advance)


def assembled(
    covariance: Callable[[slice, slice], NDArray[np.float64]],
    length: int,
    norm: str,
    block: int,
    advance: Callable[[int], object] | None,
) -> NDArray[np.float64]:
    """Assemble the strengths (L, L) from the covariances of pairs of blocks.

    Args:
        covariance: returns those of blocks of I and J positions, (I, J, 21, 21) float64, which
            are overwritten.
        length: the number of positions.
        norm: "released" or "paper".
        block: positions of a block.
        advance: called with 1 after each pair of blocks.

    Raises:
        InputError: `block` is less than 1.
    """
    if block < 1:
        raise InputError(f"block is {block}; expected 1 position or more")
    strength: NDArray[np.float64] = np.empty((length, length))
    for first, second in _steps(length, block):
        found = _norms(covariance(first, second), norm)
        if first == second:
            found = np.triu(found) + np.triu(found, 1).T
        strength[first, second] = found
        strength[second, first] = found.T
        if advance:
            advance(1)
    return strength


def count_steps(length: int, block: int = BLOCK) -> int:
    """Return the number of pairs of blocks that `coevolution` computes for `length` positions."""
    blocks = -(-length // block)
    return blocks * (blocks + 1) // 2


def _steps(length: int, block: int) -> Iterator[tuple[slice, slice]]:
    """Yield every pair of blocks once, in order."""
    blocks = [slice(start, min(start + block, length)) for start in range(0, length, block)]
    return ((one, other) for index, one in enumerate(blocks) for other in blocks[index:])


def _norms(covariance: NDArray[np.float64], norm: str) -> NDArray[np.float64]:
    """Return the norm of each pair's covariance, (I, J, 21, 21) -> (I, J), as the EvolEncoder does.

    Overwrites its argument.
    """
    if norm == "paper":
        covariance[..., N_AMINO_ACIDS:, :] = 0
        covariance[..., N_AMINO_ACIDS:] = 0
    squares: NDArray[np.float64] = np.square(covariance, out=covariance).sum((-2, -1))
    return np.sqrt(squares + NORM_EPSILON)


def _frequencies(
    by_position: NDArray[np.uint8], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sum of weights of each position's states: (L, N) and (N,) -> (L, 21)."""
    return np.stack([np.bincount(row, weight, RESIDUE_STATES) for row in by_position])


def checked_norm(norm: str) -> None:
    """Raise InputError for an unknown norm."""
    if norm not in CHOICES["pairwise_norm"]:
        raise InputError(f"norm is {norm!r}; expected {' or '.join(CHOICES['pairwise_norm'])}")


def checked_codes(codes: ArrayLike) -> NDArray[np.uint8]:
    """Return codes (N, L) as uint8; raise InputError for another shape or dtype, ResidueCodeError
    for a code outside 0 to 20."""
    array = np.asarray(codes)
    if array.ndim != 2 or not array.size:
        raise InputError(f"codes are {array.shape}; expected (sequences, positions), not empty")
    if array.dtype.kind not in "iu":
        raise InputError(f"codes are {array.dtype}; expected whole numbers from 0 to 20")
    # Check the extremes first, because finding the place takes as much memory as the alignment.
    if array.min() < 0 or array.max() >= RESIDUE_STATES:
        row, position = np.argwhere((array < 0) | (array >= RESIDUE_STATES))[0]
        raise ResidueCodeError(
            f"codes[{row}, {position}]: residue code {array[row, position]} at sequence {row},"
            f" position {position} (both from 0); expected 0 to 20",
            int(row),
        )
    return array.astype(np.uint8, copy=False)


def _checked_weights(weights: ArrayLike | None, count: int) -> NDArray[np.float64]:
    if weights is None:
        return np.ones(count)
    array = np.array(weights, np.float64)
    if array.shape != (count,):
        raise InputError(f"weights are {array.shape}; expected ({count},), one per sequence")
    if not (np.isfinite(array).all() and (array >= 0).all() and array.sum() > 0):
        raise InputError("weights must be finite, not negative and not all 0")
    return array


def average_product_corrected(strength: NDArray[np.floating]) -> NDArray[np.float64]:
    """Apply the average product correction, S_ij - mean_i mean_j / mean.

    The means are over pairs of different positions: Dunn, Wahl and Gloor 2008
    (doi:10.1093/bioinformatics/btm604), there for mutual information. It removes what a position's
    own variability and shared ancestry add to all of its pairs.

    Args:
        strength: (L, L), symmetric, not negative.

    Returns:
        (L, L) float64, symmetric; the diagonal, for which it is undefined, is 0.
    """
    length = len(strength)
    if length < 2:
        return np.zeros((length, length))
    corrected = np.array(strength, np.float64)
    np.fill_diagonal(corrected, 0)
    means = corrected.sum(1) / (length - 1)
    mean = means.mean()
    if mean > 0:
        corrected -= np.outer(means / mean, means)
        # Rounding must not make (i, j) differ from (j, i).
        corrected = (corrected + corrected.T) / 2
    np.fill_diagonal(corrected, 0)
    return corrected
