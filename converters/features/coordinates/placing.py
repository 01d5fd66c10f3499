"""Placement of a file's residues at the positions of a protein."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.coordinates.reading import Chain, Coordinates
from converters.residues import OTHER, encode, letter

LEAST_COVERAGE = 0.5
"""Fraction of the protein's positions that need coordinates."""
_NAMED = 3


class Placed(NamedTuple):
    """A chain on the protein: `rows` (protein length,) index its residues, -1 where it has none."""

    chain: Chain
    rows: NDArray[np.int64]
    notes: tuple[str, ...]

    @property
    def covered(self) -> int:
        """Return how many positions have coordinates."""
        return int((self.rows >= 0).sum())


class _Misfit(Exception):
    """Why a chain is not of the protein; `wrong` counts the residues that differ."""

    def __init__(self, reason: str, wrong: float = np.inf) -> None:
        super().__init__(reason)
        self.wrong = wrong


def place(path: object, found: Coordinates, protein: NDArray[np.uint8]) -> Placed:
    """Place the chain that covers most of a protein, the first of equal ones.

    A chain with all of the protein's residues is placed from end to end. Any other is placed by its
    residue numbers, which must be the protein's positions, or differ from all of them by the same
    number. Each residue must be the protein's; an unknown one on either side fits any.

    Args:
        path: the file, for messages.
        found: its chains.
        protein: (length,) uint8 codes of the protein's residues.

    Raises:
        InputError: no chain is of this protein (the message says why not of the nearest one), or
            fewer than half of the positions have coordinates.
    """
    placed: list[Placed] = []
    misfits: list[tuple[float, str]] = []
    for chain in found.chains:
        try:
            placed.append(_place_chain(chain, protein))
        except _Misfit as misfit:
            misfits.append((misfit.wrong, f"chain {chain.name or '(unnamed)'} {misfit}"))
    if not placed:
        _, reason = min(misfits, key=lambda one: one[0])
        more = f" (nor is any other of its {len(misfits)} chains)" if len(misfits) > 1 else ""
        raise InputError(f"{path}: not of this protein: {reason}{more}")
    best = max(placed, key=lambda one: one.covered)
    if best.covered < LEAST_COVERAGE * len(protein):
        raise InputError(
            f"{path}: chain {best.chain.name} has coordinates for {best.covered} of the"
            f" {len(protein)} positions; expected at least half, such as in an AlphaFold model"
        )
    if len(found.chains) > 1:
        others = [chain.name for chain in found.chains if chain is not best.chain]
        more = ", ..." * (len(others) > _NAMED)
        note = f"chain {best.chain.name} is used, without {', '.join(others[:_NAMED])}{more}"
        best = best._replace(notes=(note, *best.notes))
    return best


def _place_chain(chain: Chain, protein: NDArray[np.uint8]) -> Placed:
    codes = encode(chain.sequence)
    rows = np.full(len(protein), -1)
    if len(codes) == len(protein) and _fits(codes, protein).all():
        rows[:] = np.arange(len(codes))
        return Placed(chain, rows, tuple(_unknown(chain, codes, protein)))
    numbers = _numbers(chain, len(protein))
    offset = _offset(chain, codes, numbers, protein)
    at = numbers + offset - 1
    inside = (at >= 0) & (at < len(protein))
    rows[at[inside]] = np.flatnonzero(inside)
    notes = [] if not offset else [f"a residue's position is its number {offset:+d}"]
    outside = [r.place for r, within in zip(chain.residues, inside, strict=True) if not within]
    if outside:
        notes.append(f"residues beyond the protein's ends are left out: {_some(outside)}")
    notes += _unknown(chain, codes[inside], protein[at[inside]])
    missing = int((rows < 0).sum())
    if missing:
        notes.append(f"{missing} of {len(protein)} positions have no coordinates")
    return Placed(chain, rows, tuple(notes))


def _numbers(chain: Chain, length: int) -> NDArray[np.int64]:
    """Return the residues' numbers; raise _Misfit if they are no positions of a sequence."""
    inserted = [residue.place for residue in chain.residues if residue.insertion]
    if inserted:
        raise _Misfit(
            f"has {len(chain.residues)} residues with coordinates, the protein {length}, and"
            f" numbers with insertion codes ({_some(inserted)}), which are no positions"
        )
    numbers = np.array([residue.number for residue in chain.residues])
    back = np.flatnonzero(np.diff(numbers) <= 0)
    if back.size:
        place = chain.residues[int(back[0]) + 1].place
        raise _Misfit(
            f"has {len(chain.residues)} residues with coordinates, the protein {length}, and its"
            f" numbers do not increase at {place}"
        )
    return numbers


def _offset(
    chain: Chain, codes: NDArray[np.uint8], numbers: NDArray[np.int64], protein: NDArray[np.uint8]
) -> int:
    """Return what to add to the numbers: 0 if that fits, else the only number that does."""
    length = len(protein)
    # Residues beyond the ends, such as a tag, must be fewer than those within.
    most = len(codes) // 2
    span = range(1 - int(numbers[-1]), length - int(numbers[0]) + 1)
    found = []
    for offset in sorted(span, key=abs):
        at = numbers + offset - 1
        inside = (at >= 0) & (at < length)
        if inside.sum() <= most:
            continue
        wrong = int((~_fits(codes[inside], protein[at[inside]])).sum())
        found.append((wrong, int((~inside).sum()), offset))
        if not offset and not wrong:
            return 0
    if not found:
        raise _Misfit(f"has {len(codes)} residues with coordinates, the protein {length}")
    found.sort(key=lambda one: one[:2])
    wrong, beyond, offset = found[0]
    if wrong:
        raise _differing(chain, codes, numbers + offset, protein, wrong)
    if len(found) > 1 and found[1][:2] == (wrong, beyond):
        raise _Misfit(
            f"fits the protein with its numbers plus {offset} and plus {found[1][2]}; expected the"
            " protein's positions as numbers"
        )
    return offset


def _differing(
    chain: Chain,
    codes: NDArray[np.uint8],
    positions: NDArray[np.int64],
    protein: NDArray[np.uint8],
    wrong: int,
) -> _Misfit:
    inside = np.flatnonzero((positions >= 1) & (positions <= len(protein)))
    differ = ~_fits(codes[inside], protein[positions[inside] - 1])
    at = int(inside[np.flatnonzero(differ)[0]])
    residue, position = chain.residues[at], int(positions[at])
    count = f"{wrong} residues differ, the first" if wrong > 1 else "one residue differs,"
    return _Misfit(
        f"at best: {count} {residue.place} ({residue.letter}) where the protein has"
        f" {letter(int(protein[position - 1]))} at {position}",
        wrong,
    )


def _fits(codes: NDArray[np.uint8], protein: NDArray[np.uint8]) -> NDArray[np.bool_]:
    fits: NDArray[np.bool_] = (codes == protein) | (codes == OTHER) | (protein == OTHER)
    return fits


def _unknown(chain: Chain, codes: NDArray[np.uint8], protein: NDArray[np.uint8]) -> list[str]:
    notes = []
    if unknown := int(((codes == OTHER) ^ (protein == OTHER)).sum()):
        notes.append(f"{unknown} residues of no or unknown letter fit any")
    changed = [r.place for r in chain.residues if r.modified]
    if changed:
        notes.append(f"modified residues count as the unmodified: {_some(changed)}")
    return notes


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:_NAMED])}{', ...' * (len(names) > _NAMED)}"
