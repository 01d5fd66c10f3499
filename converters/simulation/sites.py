"""Properties of each position of a protein: rate, preferred residues, and coupled partner."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import CENTER
from converters.simulation.chemistry import BACKGROUND, DISTANCE, PROPERTIES

NEAREST = 6
"""Least distance of coupled positions; the greatest is that which fits into a window."""
_POSITIONS_A_PAIR = 8
_COUPLING = 2.0
_MET = 10


class Sites(NamedTuple):
    """L positions and P coupled pairs of them.

    `rate` (L,) of substitution events, 1 on average over proteins; `preference` (L, 20) the
    distribution of an event's residue; `burial` (L,) high inside the protein; `pairs` (P, 2)
    positions, the lower first; `conditional` (P, 20, 20) the distribution of the residue of a
    pair's second position, given that of the first.
    """

    rate: NDArray[np.float64]
    preference: NDArray[np.float64]
    burial: NDArray[np.float64]
    pairs: NDArray[np.int64]
    conditional: NDArray[np.float64]


def smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Average (L,) values over `width` positions, preserving the deviation of white noise."""
    padded = np.pad(values, width // 2, mode="wrap")
    kernel = np.ones(width) / np.sqrt(width)
    return np.asarray(np.convolve(padded, kernel, "valid")[: len(values)])


def draw_sites(random: np.random.Generator, length: int) -> Sites:
    """Draw the positions of a protein.

    Rates are gamma-distributed (Yang 1993) and depend on region and burial; slow positions have
    strong preferences. Position 0 is the initial methionine.
    """
    burial = 0.8 * smooth(random.standard_normal(length), 3)
    burial += 0.6 * smooth(random.standard_normal(length), 15)
    region = smooth(random.standard_normal(length), 25)
    rate = random.gamma(0.8, 1 / 0.8, length) * np.exp(0.5 * region - 0.5 * burial)
    rate *= random.lognormal(0, 0.3) / np.exp(0.25)
    rate = np.clip(rate, 0.02, 6.0)
    choice = random.lognormal(0, 0.3, length) * 1.8 * rate**-0.3
    pairs = draw_pairs(random, length)
    # Coupled positions change together, at one rate, and accept several residues.
    rate[pairs] = np.sqrt(rate[pairs].prod(1, keepdims=True).clip(0.1))
    choice[pairs] = choice[pairs].clip(max=1.5)
    liked = BACKGROUND * np.exp(0.7 * burial[:, None] * PROPERTIES[:, 0])
    best = pick(random, np.cumsum(liked / liked.sum(1, keepdims=True), 1))
    preference = liked * np.exp(-choice[:, None] * DISTANCE[best])
    preference[0] = np.arange(20) == _MET
    preference /= preference.sum(1, keepdims=True)
    first, conditional = _couple(random, preference, pairs)
    preference[pairs[:, 0]] = first
    return Sites(rate, preference, burial, pairs, conditional)


def draw_pairs(random: np.random.Generator, length: int) -> NDArray[np.int64]:
    """Draw disjoint pairs of positions to couple, one per eight positions if they fit."""
    wanted = length // _POSITIONS_A_PAIR
    first = random.integers(1, length, 8 * wanted)
    second = first + random.integers(NEAREST, CENTER + 1, 8 * wanted)
    taken, pairs = set[int](), list[tuple[int, int]]()
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if len(pairs) < wanted and other < length and not taken & {one, other}:
            pairs.append((one, other))
            taken |= {one, other}
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _couple(
    random: np.random.Generator, preference: NDArray[np.float64], pairs: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw joint preferences of pairs: the first's (P, 20), and the second's given it (P, 20, 20).

    A pair prefers opposite charges, compensating sizes and equal hydropathy, each to its own
    degree.
    """
    degree = _COUPLING * random.dirichlet(np.ones(3), len(pairs)) * np.array([1.0, -1.0, -1.0])
    traits = PROPERTIES[:, :3]
    energy = np.einsum("ak,pk,bk->pab", traits, degree, traits)
    joint = np.exp(energy) * preference[pairs[:, 0]][:, :, None] * preference[pairs[:, 1]][:, None]
    joint /= joint.sum((1, 2), keepdims=True)
    first = joint.sum(2)
    return first, joint / first[:, :, None]


def pick(random: np.random.Generator, cumulative: NDArray[np.float64]) -> NDArray[np.intp]:
    """Draw a column for each row of (N, 20) cumulative probabilities."""
    drawn = random.random(len(cumulative))[:, None] > cumulative[:, :-1]
    return np.asarray(drawn.sum(1))
