"""Training curves of both frameworks on the same data, with a quarter of the positions held out.

    python -m benchmarks.experiment_curves --data tests/golden/raw --out curves
    python -m benchmarks.experiment_curves --data "$GMVP_REAL_DATA" --out real --epochs 60 \\
        --width 128 --folds 4

`--data` is a folder with `feature/` (raw files, docs/raw-inputs.md) and `<protein>.variants.tsv`.
All runs start from the same weights, take the same batches, and are handed the same dropout masks.
Runs that differ in rounding alone show how far two right runs may differ: either program in
float64, and the reference from weights moved by one float32 ulp. Positions, not variants, are held
out, a quarter of them in each fold. Each run ends by itself: by the release's early stopping, or
after `--epochs`. Writes curves.tsv and curves.png, and prints a table.
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
from pt_gmvp.runs.early_stopping import EarlyStopping

SEED, WIDTH, EPOCHS, BATCH_SIZE, FOLDS, PATIENCE = 1, 32, 15, 32, 4, 5
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
    """Results of an epoch: mean training loss, and metrics of the held-out variants."""

    training_loss: float
    loss: float
    auroc: float


Curves = dict[str, list[Epoch]]


class Masked(NamedTuple):
    """A batch to train on, with the GRU cell's dropout masks, (3, B, F) and (3, B, M)."""

    batch: Batch
    masks: tuple[np.ndarray, np.ndarray]


def opened(data: Path, aside: Path) -> TableDataset:
    """Build the matrices of a folder's proteins, and open its tables."""
    command = [sys.executable, "-m", "converters.cli", "features", "--raw", str(data / "feature")]
    subprocess.run([*command, "-o", str(aside)], check=True, stdout=subprocess.DEVNULL)
    return TableDataset(sorted(data.glob("*.variants.tsv")), aside)


def split(dataset: TableDataset, fold: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the training variants and of a fold's; they share no position."""
    places = [(variant.transcript, variant.position) for variant in dataset.variants]
    every = sorted(set(places))
    size = len(every) // FOLDS
    chosen = np.random.default_rng(SEED).permutation(len(every))[fold * size : (fold + 1) * size]
    held = {every[number] for number in chosen}
    mask = np.array([place in held for place in places])
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def epochs(
    dataset: TableDataset, numbers: np.ndarray, count: int, width: int
) -> Iterator[list[Masked]]:
    """Return the batches of each epoch in a drawn order, each with drawn dropout masks."""
    random = np.random.default_rng(SEED)
    for _ in range(count):
        order = random.permutation(numbers)
        parts = [order[i : i + BATCH_SIZE] for i in range(0, len(order), BATCH_SIZE)]
        yield [
            Masked(dataset.__getitems__(part.tolist()), _masks(random, len(part), width))
            for part in parts
        ]


def _masks(random: np.random.Generator, size: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    keep = 0.6
    drawn = (random.random((2, 3, size, width)) < keep) / keep
    return drawn[0].astype(np.float32), drawn[1].astype(np.float32)


def trained(side: Any, batches: Iterator[list[Masked]], held_out: Batch) -> list[Epoch]:
    """Train a side to the end, and evaluate the held-out variants after each epoch."""
    found: list[Epoch] = []
    labels = held_out.label.numpy()
    stop = EarlyStopping("loss", PATIENCE)
    for parts in batches:
        losses = [side.step(part.batch, part.masks) for part in parts]
        logits = side.logits(held_out).astype(np.float64)
        signs = np.where(labels == 1, -logits, logits)
        loss = float(np.logaddexp(0, signs).mean())
        found.append(Epoch(float(np.mean(losses)), loss, float(roc_auc_score(labels, logits))))
        if stop({"epoch": len(found), **found[-1]._asdict()}):
            break
    return found


def fold_curves(dataset: TableDataset, fold: int, width: int, count: int) -> Curves:
    """Train all runs on one fold's complement."""
    training, held_out = split(dataset, fold)
    print(
        f"fold {fold}: {len(training)} variants trained on, {len(held_out)} held out, at other"
        " positions",
        flush=True,
    )
    batch = dataset.__getitems__(held_out.tolist())
    model = {"d_fc": width, "d_model": width, "num_heads": 4}
    start = training_sides.start(model, SEED)
    curves = {}
    for name, (side, dtype, nudged) in RUNS.items():
        weights = training_sides.nudged(start, SEED) if nudged else start
        made = training_sides.SIDES[side](model, TRAINING, weights, dtype)
        curves[name] = trained(made, epochs(dataset, training, count, width), batch)
        print(f"{name}: {len(curves[name])} epochs", file=sys.stderr, flush=True)
    return curves


def gaps(curves: Curves, name: str) -> Epoch:
    """Return the largest difference of a run from the reference over their common epochs."""
    pairs = zip(curves[name], curves[REFERENCE], strict=False)
    return Epoch(*np.max([np.abs(np.subtract(*pair)) for pair in pairs], axis=0).tolist())


def draw(folds: list[Curves], attainable: float | None, path: Path) -> None:
    """Draw losses and AUROC of both programs, a line each of every fold."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    losses, aurocs = figure.subplots(1, 2)
    styles = {REFERENCE: ("C1", "-", 4.0), "pt_gmvp, plain": ("C0", "-", 1.5)}
    styles["pt_gmvp, fast"] = ("k", ":", 1.5)
    for fold, curves in enumerate(folds):
        training = [epoch.training_loss for epoch in curves[REFERENCE]]
        label = None if fold else "legacy_tf: training"
        losses.plot(range(1, len(training) + 1), training, "C1--", lw=0.8, label=label)
        for name, (color, line, width) in styles.items():
            number = range(1, len(curves[name]) + 1)
            style = {"color": color, "ls": line, "lw": width}
            values = [e.loss for e in curves[name]]
            losses.plot(number, values, label=None if fold else f"{name}: held out", **style)
            values = [e.auroc for e in curves[name]]
            aurocs.plot(number, values, label=None if fold else name, **style)
    if attainable is not None:
        aurocs.axhline(attainable, color="0.5", lw=1, ls="--")
        aurocs.annotate("attainable", (1, attainable), va="bottom", color="0.4")
    losses.set(xlabel="epoch", ylabel="cross-entropy")
    aurocs.set(xlabel="epoch", ylabel="AUROC, held-out positions")
    for axes in (losses, aurocs):
        axes.legend(frameon=False, fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)


def write(folds: list[Curves], path: Path) -> None:
    """Write every number of every run."""
    lines = ["\t".join(("fold", "run", "epoch", *Epoch._fields))]
    for fold, curves in enumerate(folds):
        for name, run in curves.items():
            for number, epoch in enumerate(run, 1):
                lines.append("\t".join((str(fold), name, str(number), *map(repr, epoch))))
    path.write_text("\n".join(lines) + "\n")


def show(curves: Curves, fold: int) -> None:
    """Print each run's results, and its largest difference from the reference."""
    columns = ("epochs", "best", "its loss", "its AUROC", "loss, most apart", "AUROC, most apart")
    table = Table(f"fold {fold}", *columns)
    for name, run in curves.items():
        apart = gaps(curves, name)
        number, best = min(enumerate(run, 1), key=lambda numbered: numbered[1].loss)
        cells = (f"{best.loss:.6f}", f"{best.auroc:.4f}", f"{apart.loss:.1e}", f"{apart.auroc:.1e}")
        table.add_row(name, str(len(run)), str(number), *cells)
    Console(width=100).print(table)


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="at most")
    parser.add_argument("--width", type=int, default=WIDTH)
    parser.add_argument("--folds", type=int, default=1, choices=range(1, FOLDS + 1))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    dataset = opened(given.data, given.out / "features")
    folds = []
    for fold in range(given.folds):
        folds.append(fold_curves(dataset, fold, given.width, given.epochs))
        write(folds, given.out / "curves.tsv")
        show(folds[-1], fold)
    attainable = training_sides.attainable(given.data, dataset, split(dataset)[1])
    draw(folds, attainable, given.out / "curves.png")
    if attainable is not None:
        print(f"attainable AUROC on fold 0, by the simulation's own score: {attainable:.4f}")


if __name__ == "__main__":
    main()
