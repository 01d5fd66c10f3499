"""Weights of an alignment's sequences, by similarity or from a trained model."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from converters.columns import SPECIES
from converters.errors import InputError

_BITS = 5  # of a code from 0 to 20
_TOGETHER = 2048  # sequences compared at a time, whose codes fit into the cache


def identity_weights(
    codes: ArrayLike, threshold: float = 0.8, *, advance: Callable[[int], object] | None = None
) -> NDArray[np.float64]:
    """Weight each sequence by 1 / the number of sequences similar to it, including itself.

    Two sequences are similar if they have the same state, gaps included, in at least a fraction
    `threshold` of the columns: the reweighting of Morcos et al. 2011
    (doi:10.1073/pnas.1111471108), there with 0.8. The sum of the weights is the effective number of
    sequences. All pairs are compared, 64 columns at once, in time N * N * L / 2.

    Args:
        codes: (N, L) whole numbers 0 to 20.
        threshold: above 0, and at most 1.
        advance: called with the number of sequences done since the last call.

    Returns:
        (N,) float64, each above 0 and at most 1.

    Raises:
        InputError: another threshold.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"identity {threshold:g}; expected a fraction above 0 and at most 1")
    array = np.asarray(codes, np.uint8)
    count, length = array.shape
    # (1 - 0.8) * 10 is slightly less than 2 in floating point.
    allowed = int(np.floor((1 - threshold) * length + 1e-9))
    planes = _bit_planes(array)
    similar = np.ones(count, np.int64)
    for one in range(count):
        for start in range(one + 1, count, _TOGETHER):
            others = slice(start, start + _TOGETHER)
            differs = planes[0, :, others] ^ planes[0, :, one, None]
            for plane in planes[1:]:
                differs |= plane[:, others] ^ plane[:, one, None]
            near = np.bitwise_count(differs).sum(0, dtype=np.int64) <= allowed
            similar[others] += near
            similar[one] += np.count_nonzero(near)
        if advance:
            advance(1)
    return 1 / similar


def _bit_planes(codes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Pack (N, L) codes as (5, L / 64 rounded up, N) words, each with bit k of 64 columns.

    Two codes are equal if all five bits are; the padding of the last word is always the same.
    """
    packed = np.stack([np.packbits(codes >> bit & 1, axis=1) for bit in range(_BITS)])
    padded = np.pad(packed, ((0, 0), (0, 0), (0, -packed.shape[2] % 8)))
    return np.ascontiguousarray(padded.view(np.uint64).transpose(0, 2, 1))


def model_weights(folder: str | Path, count: int) -> tuple[NDArray[np.float64], str]:
    """Return a trained model's species weights, and the norm it was trained with.

    Args:
        folder: the model folder, as for `GMVP.from_pretrained`.
        count: the number of sequences, which must be the 200 species in the model's order.

    Returns:
        (200,) float64 weights of sum 1, and the configuration's `pairwise_norm`.

    Raises:
        InputError: another number of sequences, or a folder without a whole model.
        ConfigError: its configuration has an unknown key or value.
    """
    from pt_gmvp.model import GMVP

    if count != SPECIES:
        raise InputError(
            f"{folder}: the model has weights for {SPECIES} species, but the alignment has {count}"
            " sequences; expected the rows of a .compara103 table"
        )
    model = GMVP.from_pretrained(folder).double()
    weights = model.evol_encoder.weights(model.logit.weight).detach().numpy()
    return weights, model.config.pairwise_norm


def kish(weights: NDArray[np.float64]) -> float:
    """Return Kish's effective sample size, (sum w)^2 / sum w^2, for weights of any scale."""
    return float(weights.sum() ** 2 / np.square(weights).sum())
