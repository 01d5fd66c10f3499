"""Sums of sequence weights by the joint states of two positions, computed in two ways.

Both functions take `codes` (L, N) uint8 from 0 to 20, one row per position, `weights` (N,) float64
and a device, and return a function of two blocks of I and J positions that gives the sums
(I, J, 21, 21) float64. If all weights are 1, both are exact counts.
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

SCATTERED_TOGETHER = 4_096  # sequences whose data fit into a thread's cache
MULTIPLIED_TOGETHER = 8_192

Codes = NDArray[np.uint8]
Weights = NDArray[np.float64]
JointSums = Callable[[slice, slice], NDArray[np.float64]]


def scattered(codes: Codes, weights: Weights, device: torch.device) -> JointSums:
    """Add each sequence's weight to one of 441 sums per pair of positions.

    Always runs on the CPU, in float64. It needs one addition per sequence and pair instead of the
    441 multiplications of one-hot products, and is several times faster on a CPU
    (docs/coevolution.md).
    """
    return partial(_scattered, codes, weights)


def _scattered(codes: Codes, weights: Weights, first: slice, second: slice) -> NDArray[np.float64]:
    slow_rows, fast_rows = codes[first], codes[second]
    pairs = RESIDUE_STATES * RESIDUE_STATES
    sums = np.zeros((len(fast_rows), len(slow_rows) * pairs))
    own_sums = np.arange(len(slow_rows))[:, None] * pairs
    # Own threads, each with its own rows: PyTorch's threads synchronise after every addition, and
    # on a busy machine would wait longer than they work.
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
    """Add a chunk's weights to the sums of some rows; PyTorch starts no threads for 1-D data."""
    places = np.empty_like(slow)
    index, source = torch.from_numpy(places).view(-1), torch.from_numpy(weight)
    for row in rows:
        np.add(slow, fast[row], out=places)
        torch.from_numpy(sums[row]).scatter_add_(0, index, source)


def multiplied(codes: Codes, weights: Weights, device: torch.device) -> JointSums:
    """Multiply weighted one-hot states by one-hot states, which is fast on a GPU.

    The products are float32, and are summed in float64 over chunks of sequences.
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
    """Return codes (I, N) one-hot as (I * 21, N) float32."""
    return one_hot(codes, RESIDUE_STATES, torch.float32).mT.flatten(0, 1)
