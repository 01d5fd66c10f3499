"""Scores of held-out simulated proteins, compared with the attainable AUROC."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from converters.simulation.auroc import Attainable, attainable, auroc
from pt_gmvp.data import TableDataset
from pt_gmvp.model import GMVP
from pt_gmvp.runs.journal import read_lines
from pt_gmvp.training.folder import RunFolder

DRAWS, AT_ONCE = 500, 256


class Known(NamedTuple):
    """Of V variants: `name` and `protein` (V,), `label`, true `probability`, and `file` (V,)."""

    name: np.ndarray
    protein: np.ndarray
    label: np.ndarray
    probability: np.ndarray
    file: np.ndarray

    def of(self, files: set[int]) -> "Known":
        """Return the variants of some files."""
        here = np.isin(self.file, list(files))
        return Known(*(column[here] for column in self))

    def attainable(self) -> Attainable:
        """Return what the true probabilities attain as scores."""
        return attainable(self.probability, self.label.astype(np.int64))


def read_known(data: Path) -> Known:
    """Read truth.tsv, in the order of variants.tsv."""
    with open(data / "truth.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return Known(
        np.array([row["var"] for row in rows]),
        np.array([row["var"].split("_")[0] for row in rows]),
        np.array([float(row["target"]) for row in rows]),
        np.array([float(row["probability"]) for row in rows]),
        np.array([int(Path(row["file"]).stem.split("_")[2]) for row in rows]),
    )


class Judged(NamedTuple):
    """AUROCs on held-out proteins, on the labels as drawn.

    `attainable` and, by the epoch that was chosen, `reached`; `error`, the gap's standard error;
    `expected_gap`, the gap before labels are drawn; `by_epoch`, what each epoch reached.
    """

    attainable: float
    reached: float
    error: float
    expected_gap: float
    by_epoch: list[float]

    @property
    def gap(self) -> float:
        """Return the attainable less the reached AUROC."""
        return self.attainable - self.reached


@torch.inference_mode()
def logits(weights: Path, data: TableDataset) -> np.ndarray:
    """Score all variants of a table, (V,) float64."""
    model = GMVP.from_pretrained(weights)
    model.form = "fast"
    numbers = np.arange(len(data))
    parts = np.split(numbers, range(AT_ONCE, len(numbers), AT_ONCE))
    found = [model(*data.__getitems__(part.tolist()).inputs) for part in parts]
    return torch.cat(found).double().numpy()


def judged(run_folder: RunFolder, best: int, data: TableDataset, truth: Known) -> Judged:
    """Compare every epoch's scores with the labels, and the chosen epoch's with the truth."""
    epochs = [line["epoch"] for line in read_lines(run_folder.metrics) if line["kind"] == "epoch"]
    assert [variant.var_id for variant in data.variants] == truth.name.tolist()
    scores = {epoch: logits(run_folder.weights(epoch), data) for epoch in epochs}
    most = truth.attainable()
    return Judged(
        most.drawn,
        auroc(scores[best], truth.label),
        gap_error(truth, scores[best]),
        most.expected - auroc(scores[best], truth.probability),
        [auroc(scores[epoch], truth.label) for epoch in epochs],
    )


def gap_error(truth: Known, score: np.ndarray) -> float:
    """Return the gap's standard error, from resampling the proteins with replacement."""
    random = np.random.default_rng(0)
    _, protein = np.unique(truth.protein, return_inverse=True)
    rows = [np.flatnonzero(protein == number) for number in range(protein.max() + 1)]
    gaps = []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[n] for n in random.integers(0, len(rows), len(rows))])
        labels = truth.label[drawn]
        gaps.append(auroc(truth.probability[drawn], labels) - auroc(score[drawn], labels))
    return float(np.nanstd(gaps, ddof=1))
