"""Secondary structure by the hydrogen bonds of the main chain, as DSSP assigns it.

Source: Kabsch & Sander 1983, Biopolymers 22, 2577-2637 (doi:10.1002/bip.360221211). Turns and bends
are left out, because they count as coil here.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COIL, ALPHA, HELIX_310, PI_HELIX, BRIDGE, LADDER = " HGIBE"
"""DSSP's letters; a blank also stands for its turns and bends."""

_N, _CA, _C, _O = range(4)
_COUPLING = 0.42 * 0.20 * 332  # kcal/mol times angstrom: both partial charges, and e^2
_BOND = -0.5  # kcal/mol
_LOWEST = -9.9
_TOO_NEAR = 0.5  # angstroms
_CA_WITHIN = 9.0
_PEPTIDE = 2.5  # longest bond between the C of a residue and the N of the next
_PARTNERS = 2  # best bonds that an NH keeps
_BLOCK = 256


class _Bridge(NamedTuple):
    """Two residues, the first before the second, that are bonded across a sheet."""

    first: int
    second: int
    parallel: bool


def assign(backbone: NDArray[np.float64], proline: NDArray[np.bool_]) -> str:
    """Return a letter of secondary structure for each residue.

    Helices need two hydrogen bonds from residue i to i + 4 (H), i + 3 (G) or i + 5 (I) in a row;
    strands need bridges to another strand: E if there are several in a row, with bulges of up to
    one residue in a strand and four in the other, else B. Where several apply, the first of I, H,
    E, B and G counts, but I only replaces H. (In 1983 H came before I, in DSSP since 2.1 after.)

    Args:
        backbone: (residues, 4, 3) coordinates of N, CA, C and O in angstroms in the order of the
            chain, NaN where an atom is missing.
        proline: (residues,) which residues have no hydrogen at the N.
    """
    joined = chained(backbone)
    bonds = _bonds(backbone, proline, joined)
    states = np.full(len(backbone), COIL)
    for first, last, letter in _strands(bonds, joined):
        part = states[first : last + 1]
        part[(part == COIL) | (letter == LADDER)] = letter
    for size, letter in ((4, ALPHA), (3, HELIX_310), (5, PI_HELIX)):
        _helices(states, bonds, joined, size, letter)
    return "".join(states)


def chained(backbone: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which residues are bonded to the one before, (residues,)."""
    bonded = np.zeros(len(backbone), bool)
    gaps = backbone[1:, _N] - backbone[:-1, _C]
    bonded[1:] = np.linalg.norm(gaps, axis=-1) <= _PEPTIDE  # False for NaN
    return bonded


def _bonds(
    backbone: NDArray[np.float64], proline: NDArray[np.bool_], joined: NDArray[np.bool_]
) -> set[tuple[int, int]]:
    """Return (donor, acceptor) of all hydrogen bonds from a residue's NH to another one's CO."""
    nitrogen, alpha, carbon, oxygen = (backbone[:, atom] for atom in (_N, _CA, _C, _O))
    hydrogen = np.full_like(nitrogen, np.nan)
    toward = carbon[:-1] - oxygen[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        hydrogen[1:] = nitrogen[1:] + toward / np.linalg.norm(toward, axis=-1, keepdims=True)
    hydrogen[~joined | proline] = np.nan
    found: set[tuple[int, int]] = set()
    for start in range(0, len(backbone), _BLOCK):
        donors = slice(start, start + _BLOCK)
        energy = _energies(nitrogen[donors], hydrogen[donors], carbon, oxygen)
        far = ~(_distances(alpha[donors], alpha) < _CA_WITHIN)
        rows = np.arange(start, start + len(energy))
        numbers = np.arange(len(backbone))
        own = (numbers == rows[:, None]) | (numbers == rows[:, None] - 1)
        energy[far | own | np.isnan(energy)] = 0
        best = np.argsort(energy, axis=1, kind="stable")[:, :_PARTNERS]
        for row, partners in enumerate(best):
            found |= {(start + row, int(other)) for other in partners if energy[row, other] < _BOND}
    return found


def _energies(
    nitrogen: NDArray[np.float64],
    hydrogen: NDArray[np.float64],
    carbon: NDArray[np.float64],
    oxygen: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the electrostatic energies in kcal/mol, (donors, acceptors)."""
    pairs = ((nitrogen, oxygen), (hydrogen, carbon), (hydrogen, oxygen), (nitrogen, carbon))
    distances = [_distances(donor, acceptor) for donor, acceptor in pairs]
    near = np.minimum.reduce(distances) < _TOO_NEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        on, ch, oh, cn = (1 / distance for distance in distances)
        energy = _COUPLING * (on + ch - oh - cn)
    energy = np.maximum(np.round(energy, 3), _LOWEST)
    energy[near] = _LOWEST
    return energy


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    away: NDArray[np.float64] = np.linalg.norm(one[:, None] - other, axis=-1)
    return away


def _unbroken(joined: NDArray[np.bool_], first: int, last: int) -> bool:
    return first >= 0 and last < len(joined) and bool(joined[first + 1 : last + 1].all())


def _helices(
    states: NDArray[np.str_],
    bonds: set[tuple[int, int]],
    joined: NDArray[np.bool_],
    size: int,
    letter: str,
) -> None:
    """Write the helices of one kind; alpha helices replace strands, pi helices alpha helices."""
    replaced = (COIL, letter, ALPHA) if letter == PI_HELIX else (COIL, letter)
    turn = [
        (start + size, start) in bonds and _unbroken(joined, start, start + size)
        for start in range(len(states))
    ]
    for start in range(1, len(states) - size):
        part = states[start : start + size]
        free = letter == ALPHA or np.isin(part, replaced).all()
        if turn[start - 1] and turn[start] and free:
            part[:] = letter


def _bridges(bonds: set[tuple[int, int]], joined: NDArray[np.bool_]) -> list[_Bridge]:
    """Return all bridges, sorted; the two residues are at least three apart."""
    found = set()
    for donor, acceptor in bonds:
        for one, other in (
            (donor, acceptor),
            (donor - 1, acceptor + 1),
            (donor - 1, acceptor),
        ):
            first, second = min(one, other), max(one, other)
            if second - first < 3 or not (
                _unbroken(joined, first - 1, first + 1)
                and _unbroken(joined, second - 1, second + 1)
            ):
                continue
            if _is_parallel(bonds, first, second):
                found.add(_Bridge(first, second, True))
            elif _is_antiparallel(bonds, first, second):
                found.add(_Bridge(first, second, False))
    return sorted(found)


def _is_parallel(bonds: set[tuple[int, int]], i: int, j: int) -> bool:
    return {(i + 1, j), (j, i - 1)} <= bonds or {(j + 1, i), (i, j - 1)} <= bonds


def _is_antiparallel(bonds: set[tuple[int, int]], i: int, j: int) -> bool:
    return {(i, j), (j, i)} <= bonds or {(i + 1, j - 1), (j + 1, i - 1)} <= bonds


def _strands(
    bonds: set[tuple[int, int]], joined: NDArray[np.bool_]
) -> Iterator[tuple[int, int, str]]:
    """Yield first and last residue and letter of each strand."""
    for ladder in _with_bulges(_ladders(_bridges(bonds, joined)), joined):
        letter = LADDER if len(ladder) > 1 else BRIDGE
        for side in zip(*((bridge.first, bridge.second) for bridge in ladder), strict=True):
            yield min(side), max(side), letter


def _ladders(bridges: list[_Bridge]) -> list[list[_Bridge]]:
    """Join bridges of one kind that follow each other on both strands."""
    ladders: list[list[_Bridge]] = []
    for bridge in bridges:
        step = 1 if bridge.parallel else -1
        before = _Bridge(bridge.first - 1, bridge.second - step, bridge.parallel)
        ladder = next((one for one in ladders if one[-1] == before), None)
        if ladder is None:
            ladders.append([bridge])
        else:
            ladder.append(bridge)
    return ladders


def _with_bulges(ladders: list[list[_Bridge]], joined: NDArray[np.bool_]) -> list[list[_Bridge]]:
    """Join ladders of one kind with at most one residue between them, on one side four."""
    done: list[list[_Bridge]] = []
    for ladder in ladders:
        before = next((one for one in done if _continues(one[-1], ladder[0], joined)), None)
        if before is None:
            done.append(ladder)
        else:
            before += ladder
    return done


def _continues(last: _Bridge, first: _Bridge, joined: NDArray[np.bool_]) -> bool:
    ahead = first.first - last.first
    across = first.second - last.second if first.parallel else last.second - first.second
    sides = sorted((last.second, first.second))
    return (
        last.parallel == first.parallel
        and ahead > 0
        and across > 0
        and min(ahead, across) < 3
        and max(ahead, across) < 6
        and _unbroken(joined, last.first, first.first)
        and _unbroken(joined, *sides)
    )
