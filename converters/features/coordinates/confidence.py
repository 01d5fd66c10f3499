"""Disorder from a model's confidence, pLDDT, which prediction programs write as B factors."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.features.coordinates.reading import Chain

_PERCENT = 100.0


class Disorder(NamedTuple):
    """`values` (residues,) from 0 to 1, NaN if the file says nothing, and the `rule` in words."""

    values: NDArray[np.float64]
    rule: str


def disorder(chain: Chain, method: str, states_confidence: bool) -> Disorder:
    """Return the disorder of a chain's residues.

    1 - pLDDT / 100 for a prediction (Piovesan, Monzon & Tosatto 2022, doi:10.1002/pro.4466); 0 for
    the residues of an experiment, as disordered ones have no coordinates there. Without an
    experiment, B factors count as pLDDT if they differ, are from 0 to 100 or from 0 to 1, and have
    one value a residue, or any if the file names the metric.

    Args:
        chain: its residues.
        method: the experiment that the file names, "" if none.
        states_confidence: whether the file says that its B factors are pLDDT.
    """
    count = len(chain.residues)
    if method:
        return Disorder(np.zeros(count), f"0, because the structure is from {method}")
    means = np.array([residue.b_factors.mean() for residue in chain.residues])
    spread = max(float(np.ptp(residue.b_factors)) for residue in chain.residues)
    low, high = float(means.min()), float(means.max())
    even = spread <= 0.011  # two decimals of one number
    if high - low < 0.011 or not (even or states_confidence) or low < 0 or high > _PERCENT:
        return Disorder(np.full(count, np.nan), "unknown, because the file has no pLDDT")
    top = 1.0 if high <= 1 else _PERCENT
    return Disorder(1 - means / top, f"1 - pLDDT{' / 100' * (top > 1)}")
