"""Runs that are planted: folders as training leaves them, of which it is known what is wrong."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from converters.records.variant_record import read_records, write_records
from pt_gmvp.analysis.diagnosis import balance, calibration, curves, gap, leakage
from pt_gmvp.analysis.diagnosis.finished_run import FinishedRun, Predicted, open_run
from pt_gmvp.analysis.diagnosis.folds import Fold, fold_of, transcripts_of
from pt_gmvp.analysis.diagnosis.verdict import Verdict, weigh
from pt_gmvp.training.running import Request, run
from pt_gmvp.training.split import Source, Split, open_split

GENES, EACH = 40, 20


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def names_of(genes: Iterable[int], first: int = 1) -> list[str]:
    """Variants' names, each at a position of its own."""
    return [f"T{gene}_{first + number}_A_V" for number, gene in enumerate(genes)]


@dataclass
class Planted:
    """A run to be written: by default a healthy one, of 800 held-out variants of 40 genes."""

    seed: int = 1
    epochs: int = 8
    patience: int = 3
    names: list[str] = field(default_factory=lambda: names_of(np.repeat(range(GENES), EACH)))
    training_names: list[str] = field(
        default_factory=lambda: names_of(np.repeat(range(100, 100 + GENES), EACH))
    )
    labels: np.ndarray = None
    training_labels: np.ndarray = None
    scores: list[np.ndarray] = None
    training_scores: np.ndarray = None
    training_losses: np.ndarray = None

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)
        self.latent = 2 * self.random.standard_normal(len(self.names))
        training = 2 * self.random.standard_normal(len(self.training_names))
        self.labels = (self.random.random(len(self.names)) < sigmoid(self.latent)).astype(float)
        self.training_labels = (self.random.random(len(training)) < sigmoid(training)).astype(float)
        # Learnt after five epochs, and nothing moves after that.
        slopes = np.minimum(np.arange(1, self.epochs + 1) / 5, 1)
        self.scores = [sigmoid(slope * self.latent) for slope in slopes]
        self.training_scores = sigmoid(1.1 * training)
        self.training_losses = 0.7 - 0.2 * slopes

    def write(self, path: Path) -> FinishedRun:
        (path / "predictions").mkdir(parents=True)
        training = {"monitor": "loss", "patience": self.patience, "batch_size": 64}
        account = {"kind": "ten files", "replicate": 0, "cv": 0, "files": [], "validation": "x"}
        (path / "config.json").write_text(json.dumps({"training": training, "data": account}))
        lines = []
        for epoch, (scores, level) in enumerate(
            zip(self.scores, self.training_losses, strict=True), 1
        ):
            steps = level + 0.01 * self.random.standard_normal(10)
            lines += [{"kind": "step", "epoch": epoch, "loss": float(loss)} for loss in steps]
            found = Predicted(self.names, scores, self.labels)
            loss = float(found.losses.mean())
            lines.append(
                {"kind": "epoch", "epoch": epoch, "training_loss": steps.mean(), "loss": loss,
                 "auroc": 0.5}
            )  # fmt: skip
            rows = zip(self.names, scores.tolist(), self.labels.tolist(), strict=True)
            (path / f"predictions/epoch-{epoch}.tsv").write_text(
                "var\tgMVP\tlabel\n" + "".join(f"{n}\t{p!r}\t{y:g}\n" for n, p, y in rows)
            )
        (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        return open_run(path)

    def folds(self) -> tuple[Fold, Fold]:
        return (
            fold_of(self.training_names, self.training_labels.astype(np.float32)),
            fold_of(self.names, self.labels.astype(np.float32)),
        )

    def diagnosed(self, path: Path) -> Verdict:
        """All that can be asked without records and trainings."""
        run = self.write(path)
        kept = run.predicted(run.kept)
        genes = transcripts_of(kept.names)
        trained = Predicted(self.training_names, self.training_scores, self.training_labels)
        training, validation = self.folds()
        return weigh(
            [
                curves.answer(curves.measure(run)),
                calibration.answer(
                    calibration.measure(kept.labels, kept.probabilities, genes), run.kept
                ),
                gap.answer(gap.compare(run.kept, trained, kept)),
                leakage.answer(leakage.measure(training, validation, kept.probabilities)),
                balance.answer(balance.measure(training, validation, kept.probabilities)),
            ]
        )


def overfit(seed: int = 1) -> Planted:
    """What is learnt after the fifth epoch is noise."""
    run = Planted(seed, epochs=12)
    noise = 2 * run.random.standard_normal(len(run.names))
    for epoch in range(5, 12):
        run.scores[epoch] = sigmoid(run.latent + 0.4 * (epoch - 4) * noise)
    run.training_losses = np.linspace(0.7, 0.1, 12)
    return run


def leaky(seed: int = 1) -> Planted:
    """Of half of the held-out variants a neighbour at the same position was trained on."""
    run = Planted(seed)
    known = np.arange(len(run.names)) % 2 == 0
    rows = np.flatnonzero(known)
    run.training_names = run.training_names + [run.names[r].replace("A_V", "A_G") for r in rows]
    run.training_labels = np.concatenate([run.training_labels, run.labels[rows]])
    sure = np.where(run.labels == 1, 4.0, -4.0)
    run.labels = np.where(
        known & (run.random.random(len(rows) * 2) < sigmoid(-4)), 1 - run.labels, run.labels
    )
    run.scores = [np.where(known, sigmoid(sure), scores) for scores in run.scores]
    run.training_scores = np.concatenate([run.training_scores, sigmoid(sure[rows])])
    return run


def by_gene(seed: int = 1) -> Planted:
    """Nine of ten labels are their gene's, and the model knows which gene has which."""
    genes = np.repeat(range(GENES), EACH)
    run = Planted(seed, names=names_of(genes), training_names=names_of(genes, first=5000))
    of = (np.arange(GENES) % 2).astype(float)[genes]
    run.labels, run.training_labels = (
        np.where(run.random.random(len(genes)) < 0.1, 1 - of, of) for _ in range(2)
    )
    run.training_scores = np.where(of == 1, 0.9, 0.1)
    slopes = np.minimum(np.arange(1, run.epochs + 1) / 5, 1)
    run.scores = [0.5 + 0.4 * slope * (2 * of - 1) for slope in slopes]
    return run


def shuffled(seed: int = 1) -> Planted:
    """Labels by chance, learnt by heart."""
    run = Planted(seed, epochs=10)
    run.labels, run.training_labels = (
        (run.random.random(len(of)) < 0.5).astype(float) for of in (run.names, run.training_names)
    )
    run.scores = [sigmoid(0.2 * epoch * run.latent) for epoch in range(10)]
    run.training_scores = sigmoid(np.where(run.training_labels == 1, 2.0, -2.0))
    run.training_losses = np.linspace(0.7, 0.1, 10)
    return run


def miscalibrated(seed: int = 1) -> Planted:
    """Ranked as in the healthy run, three times as sure."""
    run = Planted(seed)
    run.scores = [sigmoid(3 * run.latent) for _ in run.scores]
    return run


def short(seed: int = 1) -> Planted:
    """Ended while it still learnt."""
    run = Planted(seed)
    run.scores = [sigmoid(run.latent * (epoch + 1) / 2 / run.epochs) for epoch in range(run.epochs)]
    return run


def diverged(seed: int = 1) -> Planted:
    """The training loss rises again, and with it the other."""
    run = Planted(seed)
    run.training_losses = np.array([0.7, 0.6, 0.5, 0.5, 0.6, 0.9, 1.4, 2.0])
    for epoch in range(4, 8):
        run.scores[epoch] = sigmoid((4 - epoch) * run.latent)
    return run


def nothing_learnt(seed: int = 1) -> Planted:
    """Nearly the share of harmful variants for all, even where it was trained."""
    run = Planted(seed)
    run.scores = [sigmoid(0.01 * run.random.standard_normal(len(run.names))) for _ in run.scores]
    run.training_scores = sigmoid(0.01 * run.random.standard_normal(len(run.training_names)))
    return run


PLANTS = {
    "healthy": Planted,
    "overfit": overfit,
    "leak": leaky,
    "gene": by_gene,
    "unlearnable": shuffled,
    "miscalibrated": miscalibrated,
    "short": short,
    "diverged": diverged,
    "underfits": nothing_learnt,
}


@pytest.fixture(scope="session")
def plant() -> Callable[..., Planted]:
    """Makes a planted run: (what is wrong, seed)."""
    return lambda name, seed=1: PLANTS[name](seed)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, shipped_records: Path) -> Path:
    """Ten files of four records each; each file shares two positions with the next."""
    random = np.random.default_rng(5)
    shipped = list(read_records(shipped_records))
    folder = tmp_path_factory.mktemp("data")
    for number in range(10):
        made = []
        for row in range(4):
            place = (2 * number + row) % 20
            record = shipped[place % len(shipped)]
            feature = record.feature.copy()
            # Places have residues of their own, and nothing else tells them apart.
            feature[:, 0] = np.random.default_rng(place).integers(0, 20, 129)
            feature[:, 1:21] += 0.3 * random.standard_normal((129, 20), np.float32)
            name = f"T{place % 4}_{place + 1}_A_{'GV'[row // 2]}"
            made.append(record._replace(var_id=name, label=place % 2, feature=feature))
        write_records(folder / f"train_r0_{number}.tfrec", made)
    return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    """The folder of a small run of two epochs on these."""
    folder = tmp_path_factory.mktemp("trained")
    sections = {
        "model": {"d_fc": 8, "d_model": 8, "num_heads": 2},
        "training": {"batch_size": 12, "max_epochs": 2, "warmup_steps": 2, "decay_steps": 8},
    }
    (folder / "config.json").write_text(json.dumps(sections))
    run(Request(folder / "config.json", Source(data), folder / "run", device="cpu"))
    return folder / "run"


@pytest.fixture(scope="session")
def split(data: Path) -> Split:
    return open_split(Source(data))
