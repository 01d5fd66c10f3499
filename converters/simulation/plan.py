"""Plan of a simulation, drawn before any sequence: protein lengths, variant positions, and files.

All random numbers depend only on the seed, the purpose and the protein's number. A protein is
therefore the same whichever process makes it, and however many processes there are.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.simulation.tree import Tree, draw_tree
from converters.simulation.variants import A_POSITION, draw_positions

FILES = 10
SHORTEST, LONGEST = 60, 5000
_SPREAD = 0.7
MOST = 1 << 24


class Purpose(IntEnum):
    """Purpose of random numbers; each has its own stream."""

    TREE = 0
    LENGTHS = 1
    FILES = 2
    POSITIONS = 3
    PROTEIN = 4
    VARIANTS = 5


class Settings(NamedTuple):
    """Settings that determine the data: the number of `variants` of all `proteins`, and options.

    `split` is "transcript" or "position": what no two files share; `substitutions` "snv" or "any";
    `gene_spread` the deviation of the genes' offsets, in log odds; `length` the mean length of
    proteins; `sharpness` how certain the labels are.
    """

    proteins: int
    variants: int
    seed: int
    split: str = "transcript"
    substitutions: str = "snv"
    gene_spread: float = 0.0
    length: float = 600.0
    sharpness: float = 1.0


class Plan(NamedTuple):
    """The `lengths` of T proteins, and for V variants, sorted by protein, (V,) arrays of their
    `protein`, `position` from 0 and `file`."""

    lengths: NDArray[np.int64]
    protein: NDArray[np.int64]
    position: NDArray[np.int64]
    file: NDArray[np.int64]

    def of(self, protein: int) -> slice:
        """Return the slice of a protein's variants."""
        first, last = np.searchsorted(self.protein, [protein, protein + 1])
        return slice(int(first), int(last))


def stream(settings: Settings, purpose: Purpose, protein: int = 0) -> np.random.Generator:
    """Return the random generator for a purpose."""
    key = int(purpose), protein
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(settings.seed, spawn_key=key))
    )


def name_of(protein: int) -> str:
    """Return a transcript's id; ids sort in the order of their numbers."""
    return f"SIMT{protein + 1:08d}"


def species_tree(settings: Settings) -> Tree:
    """Draw the tree that all proteins of a simulation share."""
    return draw_tree(stream(settings, Purpose.TREE))


def make_plan(settings: Settings) -> Plan:
    """Draw log-normal lengths, and distribute the variants over proteins and files.

    Raises:
        InputError: too few variants or proteins to fill all files, or more than fit.
    """
    lengths = _lengths(settings)
    numbers = _numbers(settings, lengths)
    protein = np.repeat(np.arange(settings.proteins), numbers)
    position = np.concatenate(
        [
            draw_positions(stream(settings, Purpose.POSITIONS, number), int(length), int(count))
            for number, (length, count) in enumerate(zip(lengths, numbers, strict=True))
        ]
    )
    random = stream(settings, Purpose.FILES)
    key = protein if settings.split == "transcript" else protein * (LONGEST + 1) + position
    file = _files(random, key)
    empty = np.flatnonzero(np.bincount(file, minlength=FILES) == 0)
    if empty.size:
        raise InputError(
            f"{settings.proteins:,} proteins and {settings.variants:,} variants leave {empty.size}"
            f" of {FILES} files empty; expected more, or --split position"
        )
    return Plan(lengths, protein, position, file)


def _lengths(settings: Settings) -> NDArray[np.int64]:
    random = stream(settings, Purpose.LENGTHS)
    mean = np.log(settings.length) - _SPREAD**2 / 2
    drawn = random.lognormal(mean, _SPREAD, settings.proteins)
    return np.clip(np.rint(drawn), SHORTEST, LONGEST).astype(np.int64)


def _numbers(settings: Settings, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Distribute the variants evenly; those that do not fit into a short protein go to others."""
    room = A_POSITION * (lengths - 1)
    if not settings.proteins <= settings.variants <= room.sum():
        raise InputError(
            f"{settings.variants:,} variants of {settings.proteins:,} proteins; expected at least"
            f" one per protein, and at most {room.sum():,} for these lengths"
        )
    numbers = np.zeros(len(lengths), np.int64)
    while left := settings.variants - int(numbers.sum()):
        open_ = np.flatnonzero(numbers < room)
        each, more = divmod(left, len(open_))
        numbers[open_] += each + (np.arange(len(open_)) < more)
        numbers = np.minimum(numbers, room)
    return numbers


def _files(random: np.random.Generator, key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Assign groups of equal keys, in random order, each to the smallest file so far: (V,)."""
    _, group, sizes = np.unique(key, return_inverse=True, return_counts=True)
    file, held = np.zeros(len(sizes), np.int64), [0] * FILES
    for number in random.permutation(len(sizes)).tolist():
        least = held.index(min(held))
        file[number] = least
        held[least] += int(sizes[number])
    return file[group]
