"""The same training in both frameworks, epoch by epoch, on proteins with a held-out quarter.

    python -m benchmarks.experiment_curves --data tests/golden/raw --out curves

`--data` is a folder with `feature/` (raw files, docs/raw-inputs.md) and `<protein>.variants.tsv`.
All runs start from the same weights, take the same batches, and are handed the same dropout masks.
What two right runs may differ by is told by runs that differ in rounding alone: either program in
float64, and the reference from weights moved by one float32 ulp. Positions, not variants, are held
out. Writes curves.tsv and curves.png, and prints a table.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score

from benchmarks import training_sides
from pt_gmvp.data import Batch, TableDataset

SEED, WIDTH, EPOCHS, BATCH_SIZE, HELD_OUT = 1, 32, 15, 32, 0.25
MODEL = {"d_fc": WIDTH, "d_model": WIDTH, "num_heads": 4}
TRAINING = {"warmup_steps": 20, "decay_steps": 150}
REFERENCE = "legacy_tf"
RUNS = {
    REFERENCE: ("tensorflow", "float32", False),
    "legacy_tf, one ulp away": ("tensorflow", "float32", True),
    "legacy_tf, float64": ("tensorflow", "float64", False),
    "pt_gmvp, plain": ("plain", "float32", False),
    "pt_gmvp, fast": ("fast", "float32", False),
    "pt_gmvp, float64": ("plain", "float64", False),
}


class Epoch(NamedTuple):
    """What a run reached: mean training loss of an epoch, and on what is held out."""

    training_loss: float
    loss: float
    auroc: float


class Masked(NamedTuple):
    """A batch to train on, with the GRU cell's dropout masks, (3, B, F) and (3, B, M)."""

    batch: Batch
    masks: tuple[np.ndarray, np.ndarray]


def opened(data: Path, aside: Path) -> TableDataset:
    """Build the matrices of a folder's proteins, and open its tables."""
    command = [sys.executable, "-m", "converters.cli", "features", "--raw", data / "feature"]
    subprocess.run([*command, "-o", aside], check=True, stdout=subprocess.DEVNULL)
    return TableDataset(sorted(data.glob("*.variants.tsv")), aside)


def split(dataset: TableDataset) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the variants to train on and of those held out, which share no position."""
    places = [(variant.transcript, variant.position) for variant in dataset.variants]
    every = sorted(set(places))
    chosen = np.random.default_rng(SEED).permutation(len(every))[: int(HELD_OUT * len(every))]
    held = {every[number] for number in chosen}
    mask = np.array([place in held for place in places])
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def epochs(dataset: TableDataset, numbers: np.ndarray, count: int) -> Iterator[list[Masked]]:
    """The batches of each epoch in a drawn order, each with drawn dropout masks."""
    random = np.random.default_rng(SEED)
    for _ in range(count):
        order = random.permutation(numbers)
        parts = [order[i : i + BATCH_SIZE] for i in range(0, len(order), BATCH_SIZE)]
        yield [Masked(dataset.__getitems__(part), _masks(random, len(part))) for part in parts]


def _masks(random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    keep = 0.6
    drawn = (random.random((2, 3, size, WIDTH)) < keep) / keep
    return drawn[0].astype(np.float32), drawn[1].astype(np.float32)


def trained(side: Any, batches: Iterator[list[Masked]], held_out: Batch) -> list[Epoch]:
    """Train a side, and look at what is held out after each epoch."""
    found = []
    labels = held_out.label.numpy()
    for parts in batches:
        losses = [side.step(part.batch, part.masks) for part in parts]
        logits = side.logits(held_out).astype(np.float64)
        signs = np.where(labels == 1, -logits, logits)
        loss = float(np.logaddexp(0, signs).mean())
        found.append(Epoch(float(np.mean(losses)), loss, float(roc_auc_score(labels, logits))))
    return found


def gaps(curves: dict[str, list[Epoch]], name: str) -> Epoch:
    """The largest difference of a run from the reference, over its epochs."""
    both = np.array(curves[name]) - np.array(curves[REFERENCE])
    return Epoch(*np.abs(both).max(0).tolist())


def draw(curves: dict[str, list[Epoch]], attainable: float | None, path: Path) -> None:
    """Draw losses and AUROC of both programs."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    losses, aurocs = figure.subplots(1, 2)
    styles = {REFERENCE: ("C1", "-", 4.0), "pt_gmvp, plain": ("C0", "-", 1.5)}
    styles["pt_gmvp, fast"] = ("k", ":", 1.5)
    for name, (color, line, width) in styles.items():
        number = range(1, len(curves[name]) + 1)
        style = {"color": color, "ls": line, "lw": width}
        losses.plot(number, [e.loss for e in curves[name]], label=f"{name}: held out", **style)
        aurocs.plot(number, [e.auroc for e in curves[name]], label=name, **style)
    training = [epoch.training_loss for epoch in curves[REFERENCE]]
    losses.plot(range(1, len(training) + 1), training, "C1--", lw=1, label="legacy_tf: training")
    if attainable is not None:
        aurocs.axhline(attainable, color="0.5", lw=1, ls="--")
        aurocs.annotate("attainable", (1, attainable), va="bottom", color="0.4")
    losses.set(xlabel="epoch", ylabel="cross-entropy")
    aurocs.set(xlabel="epoch", ylabel="AUROC, held-out positions")
    for axes in (losses, aurocs):
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)


def write(curves: dict[str, list[Epoch]], path: Path) -> None:
    """Write every number of every run."""
    lines = ["\t".join(("run", "epoch", *Epoch._fields))]
    for name, run in curves.items():
        for number, epoch in enumerate(run, 1):
            lines.append("\t".join((name, str(number), *map(repr, epoch))))
    path.write_text("\n".join(lines) + "\n")


def show(curves: dict[str, list[Epoch]]) -> None:
    """Print what each run came to, and how far it was from the reference at most."""
    table = Table("run", "loss", "AUROC", "loss, most apart", "AUROC, most apart")
    for name, run in curves.items():
        apart = gaps(curves, name)
        last = run[-1]
        cells = (f"{last.loss:.6f}", f"{last.auroc:.4f}", f"{apart.loss:.1e}", f"{apart.auroc:.1e}")
        table.add_row(name, *cells)
    Console(width=100).print(table)


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    dataset = opened(given.data, given.out / "features")
    training, held_out = split(dataset)
    batch = dataset.__getitems__(held_out)
    start = training_sides.start(MODEL, SEED)
    curves = {}
    for name, (side, dtype, nudged) in RUNS.items():
        weights = training_sides.nudged(start, SEED) if nudged else start
        made = training_sides.SIDES[side](MODEL, TRAINING, weights, dtype)
        curves[name] = trained(made, epochs(dataset, training, given.epochs), batch)
        print(f"{name}: done", file=sys.stderr, flush=True)
    attainable = training_sides.attainable(given.data, dataset, held_out)
    write(curves, given.out / "curves.tsv")
    draw(curves, attainable, given.out / "curves.png")
    print(f"{len(training)} variants trained on, {len(held_out)} held out, at other positions")
    if attainable is not None:
        print(f"attainable AUROC on the held out, by the simulation's own score: {attainable:.4f}")
    show(curves)


if __name__ == "__main__":
    main()
