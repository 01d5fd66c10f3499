"""The average product correction: what two positions share beyond what each shares with all."""

import numpy as np
from numpy.typing import NDArray


def average_product_corrected(strength: NDArray[np.floating]) -> NDArray[np.float64]:
    """Subtract from each strength the product of its two positions' means over the mean of all.

    S_ij - mean_i mean_j / mean, the means over pairs of different positions: Dunn, Wahl and Gloor
    2008 (doi:10.1093/bioinformatics/btm604), there for mutual information. It takes away what a
    position's own variability and shared ancestry add to all of its pairs.

    Args:
        strength: (L, L), symmetric, not negative.

    Returns:
        (L, L) float64, symmetric; the diagonal, for which nothing is defined, is 0.
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
        # So that rounding cannot make (i, j) another number than (j, i).
        corrected = (corrected + corrected.T) / 2
    np.fill_diagonal(corrected, 0)
    return corrected
