"""Comparison of two random samples by distribution, for initial values of weights."""

import math
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array

# One false alarm in a billion comparisons of correct samples, for each of the two tests, and the
# corresponding quantile of the normal distribution.
FALSE_ALARM = 1e-9
QUANTILE = 6.11
# With fewer values, even very different distributions cannot be distinguished.
FEWEST = 30


@dataclass(frozen=True)
class Finding:
    """Result of comparing two samples: whether they may share a distribution, and the evidence."""

    same: bool
    text: str


def compare(reference: Array, candidate: Array) -> Finding:
    """Compare two samples by their whole distribution and by their spread.

    Distributions are compared by the two-sample Kolmogorov-Smirnov test, whose critical distance is
    sqrt(-ln(alpha / 2) / 2 * (n + m) / (n m)) (N. Smirnov, 1948). It detects a wrong spread, the
    usual fault of initial values, only in large samples, so the ratio of standard deviations is
    tested as well: the logarithm of one has variance (kurtosis - 1) / 4n. A constant sample must be
    the same constant on both sides.
    """
    one, other = (
        np.sort(sample, axis=None).astype(np.float64) for sample in (reference, candidate)
    )
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return Finding(False, "initial values are not finite")
    if one[0] == one[-1] or other[0] == other[-1]:
        return _constants(one, other)
    distance, critical = _kolmogorov_smirnov(one, other)
    spread = abs(math.log(other.std() / one.std()))
    allowed = QUANTILE * math.sqrt(_log_spread_variance(one) + _log_spread_variance(other))
    return Finding(
        distance <= critical and spread <= allowed,
        f"standard deviation {other.std():.4g}, reference {one.std():.4g} "
        f"({math.expm1(spread):.0%} apart, sampling allows {math.expm1(allowed):.0%}); "
        f"Kolmogorov-Smirnov distance {distance:.2g} (sampling allows {critical:.2g})",
    )


def _constants(one: Array, other: Array) -> Finding:
    if one[0] == other[0] and one[-1] == other[-1]:
        return Finding(True, f"constant {one[0]:.4g}")
    return Finding(
        False,
        f"values in [{other[0]:.4g}, {other[-1]:.4g}], expected [{one[0]:.4g}, {one[-1]:.4g}]",
    )


def _kolmogorov_smirnov(one: Array, other: Array) -> tuple[float, float]:
    """Return the distance of two sorted samples' distribution functions, and the critical one."""
    values = np.concatenate([one, other])
    below_one = np.searchsorted(one, values, side="right") / one.size
    below_other = np.searchsorted(other, values, side="right") / other.size
    sizes = (one.size + other.size) / (one.size * other.size)
    critical = math.sqrt(-math.log(FALSE_ALARM / 2) / 2 * sizes)
    return float(np.abs(below_one - below_other).max()), critical


def _log_spread_variance(sample: Array) -> float:
    centred = sample - sample.mean()
    kurtosis = float((centred**4).mean() / (centred**2).mean() ** 2)
    return (kurtosis - 1) / (4 * sample.size)
