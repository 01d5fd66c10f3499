"""Co-evolution strengths: by blocks against the EvolEncoder's `cov_all` and one whole product.

Run by `make bench-coevolution`. Codes are random (seed 1), every state at every position, which
is not the worst case for any method. The methods take turns, and the median time of each counts, as
the machine may be busy with other work. Peak memory is measured in a separate process per method,
relative to its memory once everything is imported and the codes are drawn.

    encoder   EvolEncoder("cov_all", "none") in float32, its last column; 200 sequences only
    whole     one product of the whole one-hot alignment in float32, then the norm
    product   by blocks, products of one-hot states (what runs on a GPU)
    scatter   by blocks, counts (what runs on a CPU)
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

SEED, ROUNDS = 1, 5
SIZES = ((200, 400, ("encoder", "whole", "product", "scatter")),
         (10_000, 200, ("whole", "product", "scatter")))  # fmt: skip
BLOCKWISE = ("product", "scatter")
BOUND = 1e-5  # float32 and no exact counts: the encoder's and the whole product's own rounding

Codes = NDArray[np.uint8]
Way = Callable[[Codes], NDArray[np.floating]]


def draw(sequences: int, length: int) -> Codes:
    """Draw codes, (sequences, length)."""
    random = np.random.default_rng(SEED)
    return random.integers(0, 21, (sequences, length)).astype(np.uint8)


def _encoder(codes: Codes) -> NDArray[np.floating]:
    import torch

    from pt_gmvp.evol_encoder import EvolEncoder

    x = torch.zeros(1, codes.shape[1], 400)
    x[0, :, :200] = torch.from_numpy(codes.T.astype(np.float32))
    with torch.no_grad():
        pairwise = EvolEncoder("cov_all", "none", validate=False)(x)[1]
    return pairwise[0, ..., -1].numpy()


def _whole(codes: Codes) -> NDArray[np.floating]:
    import torch

    from pt_gmvp.residues import one_hot

    sequences, length = codes.shape
    states = one_hot(torch.from_numpy(codes), 21, torch.float32).flatten(1)
    frequencies = states.mean(0)
    covariance = states.T @ states / sequences - torch.outer(frequencies, frequencies)
    squares = covariance.view(length, 21, length, 21).square().sum((1, 3))
    return (squares + 1e-12).sqrt().numpy()


def way(name: str) -> Way:
    """Return one of the methods as a function of the codes."""
    from pt_gmvp.analysis.coevolution.strength import coevolution

    if name in BLOCKWISE:
        return lambda codes: coevolution(codes, method=name)
    return {"encoder": _encoder, "whole": _whole}[name]


def seconds(names: tuple[str, ...], codes: Codes, rounds: int) -> dict[str, float]:
    """Return the median seconds of each way; they take turns and must agree."""
    expected = way("scatter")(codes)
    for name in names:
        apart = float(np.abs(way(name)(codes) - expected).max())
        if apart > BOUND:
            raise SystemExit(f"{name} is {apart:.3g} from scatter; expected at most {BOUND}")
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            start = time.perf_counter()
            way(name)(codes)
            taken[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in taken.items()}


def _peak() -> float:
    """Return the peak resident memory in MB; getrusage's would start at the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def print_peak(name: str, sequences: int, length: int) -> None:
    """Print by how many MB a method raises the peak memory of this process."""
    codes = draw(sequences, length)
    way(name)(codes[:200, :8])
    before = _peak()
    way(name)(codes)
    print(_peak() - before)


def peak(name: str, sequences: int, length: int) -> float:
    """Return the peak memory of a method in MB, measured in a separate process."""
    command = [sys.executable, "-m", "benchmarks.bench_coevolution", "--peak", name]
    done = subprocess.run(
        [*command, str(sequences), str(length)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Measure, print a table for each size, then the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peak", nargs=3, metavar=("WAY", "N", "L"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peak:
        name, sequences, length = given.peak
        print_peak(name, int(sequences), int(length))
        return
    import torch

    print(f"{os.cpu_count()} cores, {torch.get_num_threads()} threads, median of {given.rounds}")
    ratios = []
    for sequences, length, names in SIZES:
        times = seconds(names, draw(sequences, length), given.rounds)
        peaks = {name: peak(name, sequences, length) for name in names}
        print(f"\n{sequences:,} sequences, {length} positions")
        for name in names:
            print(f"  {name:<8} {times[name]:8.3f} s {peaks[name]:8.0f} MB")
        for name in names[:-1]:
            size = f"{sequences}x{length}"
            ratios.append((f"{name}_over_scatter_time_{size}", times[name] / times["scatter"]))
            ratios.append((f"{name}_over_scatter_memory_{size}", peaks[name] / peaks["scatter"]))
    print()
    for what, ratio in ratios:
        print(f"ratio {what} {ratio:.2f}")


if __name__ == "__main__":
    main()
