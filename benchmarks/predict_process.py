"""Given variants scored by one side, "network" or "engine", or a command of `gmvp`."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.answering import answer


def _network(table: Path, features: Path, model: Path) -> dict[str, Callable[[], float]]:
    """Score by the whole network, as `gmvp predict` did: batches of 256, windows shared."""
    import numpy as np

    from converters.variants.reading import Options
    from pt_gmvp.data import TableDataset
    from pt_gmvp.model import GMVP
    from pt_gmvp.prediction import ensemble_probability

    models = [GMVP.from_pretrained(model)]
    data = TableDataset(table, features, share_windows=True, options=Options())

    def score() -> float:
        starts = range(0, len(data), 256)
        batches = (data.__getitems__(range(s, min(s + 256, len(data)))) for s in starts)
        found = [ensemble_probability(models, batch).numpy() for batch in batches]
        return float(np.concatenate(found).astype(np.float64).mean())

    return {"score": score}


def _engine(table: Path, features: Path, model: Path) -> dict[str, Callable[[], float]]:
    """Score by the engine, as `gmvp predict` does: from the table read to the scores."""
    import torch

    from converters.variants.reading import Options, read_tables
    from pt_gmvp.scoring.block_scores import VariantScores, score_blocks
    from pt_gmvp.scoring.blocks import cut_blocks
    from pt_gmvp.scoring.models import load_ensemble

    ensemble = load_ensemble([model], torch.device("cpu"), "float32")
    rows = read_tables([table], Options()).rows

    def score() -> float:
        blocks, which = cut_blocks(rows, features)
        scores = VariantScores.of(blocks)

        def keep(found) -> None:
            scores.add(blocks, found.block, found.residues, found.scores)

        score_blocks(ensemble, blocks, range(len(blocks)), keep, lambda units: None)
        return float(scores.scores[which].mean())

    return {"score": score}


def _command(*words: str) -> None:
    """Run a command of `gmvp`, its output thrown away; print its times and peak memory in MB."""
    from contextlib import redirect_stdout
    from os import devnull

    from pt_gmvp.cli import app

    start = time.perf_counter()
    with open(devnull, "w") as nowhere, redirect_stdout(nowhere):
        code = app(list(words), standalone_mode=False)
    wall = time.perf_counter() - start
    if code:
        raise SystemExit(f"{' '.join(words[:3])}: exit code {code}")
    # Not getrusage's peak, which starts at the parent's.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    found = {"seconds": wall, "cpu_seconds": time.process_time(), "peak_mb": peak}
    print(json.dumps(found))


def _serve(side: str, *arguments: str) -> None:
    from pt_gmvp.runs.process import prepare

    prepare()
    if side == "command":
        _command(*arguments)
        return
    import torch

    threads, *paths = arguments
    torch.set_num_threads(int(threads))
    sides = {"network": _network, "engine": _engine}
    answer(sides[side](*map(Path, paths)))


if __name__ == "__main__":
    _serve(*sys.argv[1:])
