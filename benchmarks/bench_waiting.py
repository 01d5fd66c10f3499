"""`parity check` with threads of OpenMP that spin while they wait, and with threads that sleep.

Run as `python -m benchmarks.bench_waiting`. A failing check of one layer, diagnosis included, is
run in turns as `parity` starts it and with the number of turns that libgomp spins by itself
(GOMP_SPINCOUNT, 300,000 according to its manual), each beside as many busy processes as there are
cores, and each alone. Of the times the median counts. The last lines are time with spinning over
time without.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples" / "mistakes"
CHECK = ("check", "port.py", "--layer", "coverage", "--records", "4", "--no-coverage")
SPINNING, SLEEPING = {"GOMP_SPINCOUNT": "300000"}, dict[str, str]()
TURNS = 3


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Run processes that only compute, for as long as the block lasts."""
    endless = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(endless) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def seconds(settings: dict[str, str]) -> float:
    """Return the wall time of one check; raises RuntimeError if it does not find the mistake."""
    kept = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    command = [sys.executable, "-m", "parity", *CHECK]
    start = time.perf_counter()
    run = subprocess.run(
        command, cwd=EXAMPLES, env={**kept, **settings}, capture_output=True, text=True, check=False
    )
    if run.returncode != 1:
        raise RuntimeError(f"{' '.join(command)} exited with {run.returncode}: {run.stderr}")
    return time.perf_counter() - start


def ratio(beside: int) -> float:
    """Return the time with spinning over that without, beside some busy processes."""
    taken: dict[str, list[float]] = {"spinning": [], "sleeping": []}
    with busy(beside):
        for _ in range(TURNS):
            taken["spinning"].append(seconds(SPINNING))
            taken["sleeping"].append(seconds(SLEEPING))
    for name, found in taken.items():
        print(f"beside {beside} busy processes, {name}: {statistics.median(found):.1f} s")
    return statistics.median(taken["spinning"]) / statistics.median(taken["sleeping"])


def main() -> None:
    """Measure both, and print the ratios."""
    ratios = {"busy": ratio(os.cpu_count() or 1), "alone": ratio(0)}
    for name, value in ratios.items():
        print(f"ratio check_spinning_over_sleeping_{name} {value:.2f}")


if __name__ == "__main__":
    main()
