"""Training and held-out proteins: relatives stay on one side."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError

STRETCH = 20
"""Consecutive residues whose match makes two proteins relatives, as isoforms are."""


class Split(NamedTuple):
    """Numbers of the training proteins, and of those held out, each in order."""

    training: list[int]
    validation: list[int]


def split(sequences: Sequence[bytes], share: float, seed: int) -> Split:
    """Hold out a share of the proteins, at least one, each with its relatives.

    Raises:
        InputError: all are relatives of each other.
    """
    families = relatives(sequences)
    numbers = np.unique(families)
    if len(numbers) < 2:
        raise InputError(
            f"all {len(sequences)} proteins share stretches of {STRETCH} residues, as isoforms "
            "do; expected unrelated proteins to evaluate on"
        )
    order = np.random.default_rng(seed).permutation(numbers)
    wanted, held, chosen = share * len(sequences), 0, list[int]()
    for family in order[:-1].tolist():
        if held >= wanted:
            break
        chosen.append(family)
        held += int((families == family).sum())
    out = np.isin(families, chosen)
    return Split(np.flatnonzero(~out).tolist(), np.flatnonzero(out).tolist())


def split_by_name(names: Sequence[str], sequences: Sequence[bytes], held: Sequence[str]) -> Split:
    """Hold out the proteins of a list.

    Raises:
        InputError: an unknown name, nothing left to learn from, or a relative on the other side.
    """
    unknown = [name for name in held if name not in names]
    if unknown:
        raise InputError(f"{unknown[0]} is to be held out, but is not among the proteins read")
    out = [number for number, name in enumerate(names) if name in set(held)]
    rest = [number for number, name in enumerate(names) if name not in set(held)]
    if not rest:
        raise InputError("every protein is held out; expected some to learn from")
    families = relatives(sequences)
    for number in out:
        near = [other for other in rest if families[other] == families[number]]
        if near:
            raise InputError(
                f"{names[number]} is held out, and {names[near[0]]} is not, but they share "
                f"{STRETCH} residues or more in a row; list both or neither"
            )
    return Split(rest, out)


def relatives(sequences: Sequence[bytes]) -> NDArray[np.integer[Any]]:
    """Return the number of each protein's family, (number of proteins,).

    Proteins that share STRETCH consecutive residues are relatives, and so are their relatives.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # A 64-bit hash of each stretch: a proteome has 1e7, too few for a collision by chance.
    factors = np.random.default_rng(0).integers(1 << 63, size=STRETCH, dtype=np.uint64) * 2 + 1
    marks = [_stretches(sequence) @ factors for sequence in sequences]
    owners = np.repeat(np.arange(len(sequences)), [len(mark) for mark in marks])
    mark = np.concatenate(marks)
    order = np.argsort(mark)
    mark, owners = mark[order], owners[order]
    same = mark[1:] == mark[:-1]
    links = owners[1:][same], owners[:-1][same]
    size = len(sequences), len(sequences)
    graph = coo_array((np.ones(len(links[0])), links), shape=size)
    families: NDArray[np.integer[Any]] = connected_components(graph, directed=False)[1]
    return families


def _stretches(sequence: bytes) -> NDArray[np.uint64]:
    """Return all stretches of a sequence, (number, STRETCH); a shorter one is its only stretch."""
    codes = np.frombuffer(sequence, np.uint8).astype(np.uint64) + 1
    padded = np.pad(codes, (0, max(STRETCH - len(codes), 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, STRETCH)
