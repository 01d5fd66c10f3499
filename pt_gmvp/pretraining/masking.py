"""Hiding a position: what the network may see of the window around it.

None of the position's row of the matrix is shown: not its residue, profile, alignment column or
structure, nor its counts, as the expected ones reveal the codon. Nor is anything that gMVP computes
from the row: the centre node, and the co-evolution terms, each a product with the centre's column.
Zeros replace them, which the network's own biases turn into a learned constant.

Other rows were partly computed from the hidden one. gMVP does not read the percent identities,
which depend on the whole sequence. Profile and structure come from programs that read the whole
sequence: they are zeroed in every row, unless the user wants them.
"""

from typing import NamedTuple

from torch import Tensor

from converters.columns import CENTER

DERIVED = slice(41, 71)
"""Columns of the context node computed from the whole sequence: profile and structure."""


class Hidden(NamedTuple):
    """B windows as they are shown: `context` (B, L, 73), and `mask` (B, L), 1 where hidden."""

    context: Tensor
    mask: Tensor


def hide(context: Tensor, mask: Tensor, derived: bool = False) -> Hidden:
    """Hide the centres of windows; the arguments are not changed.

    Args:
        context: (B, L, 73), context nodes as in gMVP.
        mask: (B, L), 1 outside of the protein.
        derived: show the neighbours' profile and structure.
    """
    seen, mask = context.clone(), mask.clone()
    seen[:, CENTER] = 0
    mask[:, CENTER] = 1
    if not derived:
        seen[..., DERIVED] = 0
    return Hidden(seen, mask)
