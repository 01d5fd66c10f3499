"""Hiding a position: what the network may see of the window around it.

Of the matrix's row of the position nothing is seen: not its residue, profile, alignment column or
structure, and not its counts either, as the expected ones tell the codon. Whatever gMVP computes of
that row is not given either: the centre node, and the co-evolution terms, each a product with the
centre's column. In their places stand zeros, which the network's own biases turn into what is
learned and always the same.

Other rows were partly made of the hidden one. The percent identities, of all of the sequence, gMVP
does not read. Profile and structure come from programs that read the whole sequence: they are
blanked in every row, unless the user wants them.
"""

from typing import NamedTuple

from torch import Tensor

from pt_gmvp.config import CENTER

DERIVED = slice(41, 71)
"""Columns of the context node that programs made of the whole sequence: profile and structure."""


class Hidden(NamedTuple):
    """What is seen of B windows: `context` (B, L, 73), and `mask` (B, L), 1 where nothing is."""

    context: Tensor
    mask: Tensor


def hide(context: Tensor, mask: Tensor, derived: bool = False) -> Hidden:
    """Hide the centre of windows, leaving the arguments as they are.

    Args:
        context: (B, L, 73), context nodes as gMVP has them.
        mask: (B, L), 1 outside of the protein.
        derived: leave profile and structure of the neighbours in view.
    """
    seen, mask = context.clone(), mask.clone()
    seen[:, CENTER] = 0
    mask[:, CENTER] = 1
    if not derived:
        seen[..., DERIVED] = 0
    return Hidden(seen, mask)
