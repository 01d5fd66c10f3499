"""Numbers of update rules: where a fit starts, and the scale on which it moves them."""

from dataclasses import dataclass
from itertools import product

import numpy as np

from parity.arrays import Array
from parity.train.rules.record import Record
from parity.train.rules.replay import Rule

_FRACTION, _POSITIVE, _PLAIN = "fraction", "positive", "plain"
# No power of this many significant digits more than the first is a number that somebody chose.
_DIGITS = 3


@dataclass(frozen=True)
class _Number:
    """Number of a rule: the scale that a fit uses, and the usual values, where it starts."""

    scale: str
    starts: tuple[float, ...]


_NUMBERS = {
    "beta1": _Number(_FRACTION, (0.9, 0.5)),
    "beta2": _Number(_FRACTION, (0.999, 0.98, 0.9)),
    "rho": _Number(_FRACTION, (0.9, 0.99, 0.5)),
    "momentum": _Number(_FRACTION, (0.9, 0.5)),
    "dampening": _Number(_PLAIN, (0.5,)),
    "momentum decay": _Number(_POSITIVE, (1.0, 4e-3)),
    "epsilon": _Number(_POSITIVE, (1e-8, 1e-5, 1e-2)),
    "start": _Number(_PLAIN, (0.0, 0.1, 1.0)),
    "decay": _Number(_PLAIN, (1e-2, 1e-4)),
    "threshold": _Number(_POSITIVE, ()),
}
# Lion's sign makes a rule that no fit can follow; its usual values are tried instead.
_LION = {"beta1": (0.9, 0.95, 0.8, 0.5), "beta2": (0.99, 0.98, 0.999, 0.9, 0.95)}


def starts(rule: Rule, record: Record) -> list[dict[str, float]]:
    """Return the sets of numbers from which a fit of `rule` starts."""
    values: dict[str, tuple[float, ...]] = {}
    for name in rule.parameters():
        values[name] = _NUMBERS[name].starts
        if rule.family == "lion":
            values[name] = _LION.get(name, values[name])
        if name == "threshold":
            values[name] = _thresholds(rule, record)
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def _thresholds(rule: Rule, record: Record) -> tuple[float, ...]:
    if rule.clipping == "value":
        sizes = np.abs(record.gradients[record.gradients != 0])
    elif rule.clipping.startswith("global norm"):
        sizes = np.sqrt((record.norms**2).sum(1))
    else:
        sizes = record.norms[:, np.unique(record.owner)].ravel()
    if not sizes.size:
        return (1.0,)
    return tuple(float(np.quantile(sizes, share)) for share in (0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97))


_SMALLEST = 1e-15
"""Start of a fit for a number at the end of its range, which the fit's scale cannot hold."""


def to_fit(name: str, value: float) -> float:
    """Return the number on the scale of a fit."""
    scale = _NUMBERS[name].scale
    if scale == _FRACTION:
        inside = min(max(value, _SMALLEST), 1 - _SMALLEST)
        return float(np.log(inside / (1 - inside)))
    return float(np.log(max(value, _SMALLEST))) if scale == _POSITIVE else value


def from_fit(name: str, value: Array) -> Array:
    """Return numbers from the scale of a fit."""
    scale = _NUMBERS[name].scale
    if scale == _FRACTION:
        value = np.exp(np.clip(value, -36, 36))
        value = value / (1 + value)
    elif scale == _POSITIVE:
        value = np.exp(np.clip(value, -80, 30))
    elif name == "start":
        value = np.maximum(value, 0.0)
    return value


def difference(name: str) -> float:
    """Return the step of the differences that stand for derivatives, on the scale of a fit.

    An epsilon far below the gradients changes little, and a small step would measure rounding.
    """
    return 1e-2 if name == "epsilon" else 1e-6


def movable(rule: Rule, name: str) -> bool:
    """Return True if a fit can move the number; False if only its starts are tried."""
    return not (rule.family == "lion" and name in _LION)


def rounder(name: str, value: float) -> list[float]:
    """Return numbers near `value` that somebody may have chosen, the likeliest first."""
    if not np.isfinite(value):
        return []
    found = []
    if abs(value) < 1e-6 and name in ("start", "decay", "dampening"):
        found.append(0.0)
    for digits in range(1, _DIGITS + 1):
        found.append(float(f"{value:.{digits - 1}e}"))
        if _NUMBERS[name].scale == _FRACTION:
            found.append(1 - float(f"{1 - value:.{digits - 1}e}"))
    mantissa, exponent = np.frexp(value)
    found.append(float(np.ldexp(np.round(mantissa * 32) / 32, int(exponent))))
    found += [float(np.float32(near)) for near in found]
    if name == "epsilon":
        found.append(0.0)
    return [near for near in dict.fromkeys(found) if near or name != "momentum"]
