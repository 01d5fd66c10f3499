"""How much sequences weigh that have state a at one position and b at another, two ways.

Both take `first` (I, N) and `second` (J, N), uint8 codes 0 to 20 with one row a position, and
`weights` (N,) float64, all on one device, and return (I, J, 21, 21) float64. With weights that are
all 1 both are exact: they count.
"""

import torch
from torch import Tensor

from pt_gmvp.config import RESIDUE_STATES
from pt_gmvp.residues import one_hot

SCATTERED_TOGETHER = 16_384
MULTIPLIED_TOGETHER = 8_192


def scattered(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """Add each sequence's weight to the one of 441 sums that it belongs to, for every pair.

    In float64. A sequence costs one addition a pair, where the product of one-hot states costs 441
    multiplications; on a CPU that is several times faster (docs/coevolution.md).
    """
    sums = weights.new_zeros(len(second), len(first), RESIDUE_STATES**2)
    for start in range(0, len(weights), SCATTERED_TOGETHER):
        chunk = slice(start, start + SCATTERED_TOGETHER)
        slow = first[:, chunk].long() * RESIDUE_STATES
        fast = second[:, chunk].long()
        weight = weights[chunk].expand_as(slow)
        for row, states in zip(sums, fast, strict=True):
            row.scatter_add_(1, slow + states, weight)
    return sums.transpose(0, 1).view(len(first), len(second), RESIDUE_STATES, RESIDUE_STATES)


def multiplied(first: Tensor, second: Tensor, weights: Tensor) -> Tensor:
    """Multiply weighted one-hot states by one-hot states: what a GPU does best.

    The products are float32 and are summed in float64 over chunks of sequences.
    """
    size = (len(first) * RESIDUE_STATES, len(second) * RESIDUE_STATES)
    sums = weights.new_zeros(size)
    for start in range(0, len(weights), MULTIPLIED_TOGETHER):
        chunk = slice(start, start + MULTIPLIED_TOGETHER)
        slow = _states(first[:, chunk]) * weights[chunk].float()
        sums += (slow @ _states(second[:, chunk]).T).double()
    blocks = sums.view(len(first), RESIDUE_STATES, len(second), RESIDUE_STATES)
    return blocks.transpose(1, 2)


def _states(codes: Tensor) -> Tensor:
    """One-hot codes (I, N) as (I * 21, N) float32."""
    return one_hot(codes, RESIDUE_STATES, torch.float32).mT.flatten(0, 1)
