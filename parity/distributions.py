"""Do two samples come from one distribution? For initial values, which no two sides share."""

import math
from dataclasses import dataclass

import numpy as np

from parity.port import Array

# One false alarm in a thousand million comparisons of right samples.
FALSE_ALARM = 1e-9


@dataclass(frozen=True)
class Finding:
    """Whether two samples may be of one distribution, and the figures it rests on."""

    same: bool
    text: str


def compare(reference: Array, candidate: Array) -> Finding:
    """Two-sample Kolmogorov-Smirnov test at a false-alarm rate of 1e-9.

    The critical distance is sqrt(-ln(alpha / 2) / 2 * (n + m) / (n m)) (N. Smirnov, 1948). A
    constant on one side must be that constant on the other.
    """
    one, other = np.sort(reference, axis=None), np.sort(candidate, axis=None)
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return Finding(False, "initial values are not finite")
    if one[0] == one[-1] or other[0] == other[-1]:
        same = bool(one[0] == other[0] and one[-1] == other[-1])
        return Finding(
            same,
            f"constant {one[0]:.4g}"
            if same
            else f"values in [{other[0]:.4g}, {other[-1]:.4g}], "
            f"expected [{one[0]:.4g}, {one[-1]:.4g}]",
        )
    values = np.concatenate([one, other])
    below_one = np.searchsorted(one, values, side="right") / one.size
    below_other = np.searchsorted(other, values, side="right") / other.size
    distance = float(np.abs(below_one - below_other).max())
    critical = math.sqrt(
        -math.log(FALSE_ALARM / 2) / 2 * (one.size + other.size) / (one.size * other.size)
    )
    return Finding(
        distance <= critical,
        f"Kolmogorov-Smirnov distance {distance:.3g}, critical {critical:.3g}; standard deviation "
        f"{other.std():.4g}, reference {one.std():.4g}",
    )
