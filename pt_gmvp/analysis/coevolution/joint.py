"""How much sequences weigh that have state a at one position and b at another, two ways.

Both take `codes` (L, N) uint8 from 0 to 20, one row a position, `weights` (N,) float64 and a
device, and return a function of two blocks of positions, of I and of J, which gives their sums,
(I, J, 21, 21) float64. With weights that are all 1 both are exact: they count.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import RESIDUE_STATES
from pt_gmvp.residues import one_hot

SCATTERED_TOGETHER = 4_096  # sequences: what a thread works on stays in its cache
MULTIPLIED_TOGETHER = 8_192

Codes = NDArray[np.uint8]
Weights = NDArray[np.float64]
JointSums = Callable[[slice, slice], NDArray[np.float64]]


def scattered(codes: Codes, weights: Weights, device: torch.device) -> JointSums:
    """Add each sequence's weight to the one of 441 sums that it belongs to, for every pair.

    On the CPU whatever the device, in float64. A sequence costs one addition a pair, where the
    product of one-hot states costs 441 multiplications: several times faster there
    (docs/coevolution.md).
    """
    return partial(_scattered, codes, weights)


def _scattered(codes: Codes, weights: Weights, first: slice, second: slice) -> NDArray[np.float64]:
    slow_rows, fast_rows = codes[first], codes[second]
    pairs = RESIDUE_STATES * RESIDUE_STATES
    sums = np.zeros((len(fast_rows), len(slow_rows) * pairs))
    own_sums = np.arange(len(slow_rows))[:, None] * pairs
    # Threads of our own, each on rows of its own: PyTorch's meet after every addition, and where
    # others want the cores too they wait there for longer than they work.
    workers = min(torch.get_num_threads(), len(sums))
    rows = [range(start, len(sums), workers) for start in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(weights), SCATTERED_TOGETHER):
            chunk = slice(start, start + SCATTERED_TOGETHER)
            slow = slow_rows[:, chunk].astype(np.int64) * RESIDUE_STATES + own_sums
            weight = np.tile(weights[chunk], len(slow))
            add = partial(_add, sums, slow, fast_rows[:, chunk], weight)
            list(pool.map(add, rows))
    shape = (len(fast_rows), len(slow_rows), RESIDUE_STATES, RESIDUE_STATES)
    return sums.reshape(shape).swapaxes(0, 1)


def _add(
    sums: NDArray[np.float64],
    slow: NDArray[np.int64],
    fast: Codes,
    weight: Weights,
    rows: Iterable[int],
) -> None:
    """Add the weights of a chunk to some rows' sums; in one dimension PyTorch starts no threads."""
    places = np.empty_like(slow)
    index, source = torch.from_numpy(places).view(-1), torch.from_numpy(weight)
    for row in rows:
        np.add(slow, fast[row], out=places)
        torch.from_numpy(sums[row]).scatter_add_(0, index, source)


def multiplied(codes: Codes, weights: Weights, device: torch.device) -> JointSums:
    """Multiply weighted one-hot states by one-hot states on a device: what a GPU does best.

    The products are float32 and are summed in float64 over chunks of sequences.
    """
    return partial(
        _multiplied, torch.from_numpy(codes).to(device), torch.from_numpy(weights).to(device)
    )


def _multiplied(codes: Tensor, weights: Tensor, first: slice, second: slice) -> NDArray[np.float64]:
    slow_rows, fast_rows = codes[first], codes[second]
    size = (len(slow_rows) * RESIDUE_STATES, len(fast_rows) * RESIDUE_STATES)
    sums = weights.new_zeros(size)
    for start in range(0, len(weights), MULTIPLIED_TOGETHER):
        chunk = slice(start, start + MULTIPLIED_TOGETHER)
        slow = _states(slow_rows[:, chunk]) * weights[chunk].float()
        sums += (slow @ _states(fast_rows[:, chunk]).T).double()
    shape = (len(slow_rows), RESIDUE_STATES, len(fast_rows), RESIDUE_STATES)
    return sums.view(shape).transpose(1, 2).cpu().numpy()


def _states(codes: Tensor) -> Tensor:
    """One-hot codes (I, N) as (I * 21, N) float32."""
    return one_hot(codes, RESIDUE_STATES, torch.float32).mT.flatten(0, 1)
