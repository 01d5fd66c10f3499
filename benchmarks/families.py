"""Drawn variants with alignments such as proteins have: related, gapped, mostly conserved."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SPECIES, GAP = 200, 20
_MOST_CHANGED = 0.9


def drawn_alignment(length: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Residue codes (length, 200) of species that descend from one another, the first is human.

    Positions change at rates of a gamma distribution of shape 0.7, branches are exponential with
    0.06 changes a position on average, and in every fourth species a stretch is missing. Of a real
    alignment of 200 vertebrates a position has 7.5 states (TP53, PTEN), of these about as many.
    """
    rate = random.gamma(0.7, 1 / 0.7, length)
    rows, depth = [random.integers(0, GAP, length)], [0.0]
    while len(rows) < SPECIES:
        parent, branch = int(random.integers(len(rows))), random.exponential(0.06)
        if depth[parent] + branch > _MOST_CHANGED:
            continue
        row = rows[parent].copy()
        changed = (random.random(length) < 1 - np.exp(-rate * branch)) & (row != GAP)
        row[changed] = random.integers(0, GAP, int(changed.sum()))
        if random.random() < 0.25:
            start = int(random.integers(length))
            row[start : start + int(random.integers(1, 15))] = GAP
        rows.append(row)
        depth.append(depth[parent] + branch)
    return np.stack(rows, 1)


def drawn_matrix(length: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Feature matrix (length, 435) of one such protein."""
    alignment = drawn_alignment(length, random)
    matrix = np.empty((length, 435))
    matrix[:, 0], matrix[:, 21:221] = alignment[:, 0], alignment
    counts = np.stack([(alignment == state).sum(1) for state in range(GAP)], 1)
    matrix[:, 1:21] = (counts + 0.05) / (counts.sum(1, keepdims=True) + 1)
    matrix[:, 221:421] = 100 * (alignment == alignment[:, :1]).mean(0)
    matrix[:, 421:431] = random.uniform(-1, 1, (length, 10))
    np.abs(matrix[:, 421:427], out=matrix[:, 421:427])  # probabilities and accessibility
    matrix[:, 431:435] = random.gamma(1.0, 2.0, (length, 4))
    return matrix


def drawn_variants(count: int, random: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Return a batch: ref_aa, alt_aa (B,) int32; feature (B, 129, 435), mask (B, 129), label (B,).

    Each variant has its own window, out of proteins of 200 to 800 residues of which each gives 32.
    """
    from converters.windows import cut

    parts: list[tuple[NDArray[Any], ...]] = []
    for start in range(0, count, 32):
        matrix = drawn_matrix(int(random.integers(200, 800)), random)
        places = random.integers(0, len(matrix), min(32, count - start))
        parts.append((matrix[places, 0], *cut(matrix, places)))
    ref_aa, feature, mask = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    mask[:, mask.shape[1] // 2] = 1
    return {
        "ref_aa": ref_aa.astype(np.int32),
        "alt_aa": random.integers(0, 20, count).astype(np.int32),
        "feature": feature,
        "mask": mask,
        "label": random.integers(0, 2, count).astype(np.float32),
    }
