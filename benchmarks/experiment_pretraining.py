"""Does pre-training help? Simulated proteins, hidden positions first, then few labels.

    python -m benchmarks.experiment_pretraining [--json FILE]

1. Proteins are simulated; a fifth of them is held out until the end.
2. Two networks learn from the alignments of the others, one that sees nothing made from the whole
sequence and one that also sees the neighbours' profile and structure ("derived").
3. Both networks and the baselines predict hidden positions of held-out proteins, and of TP53 and
PTEN from tests/golden/raw, which are not simulated.
4. gMVP is trained on few labels of the training proteins, from initial values and from either
network's weights, with the same labels, order, dropout and other initial values for all three;
the result is the AUROC on the held-out proteins' variants after a fixed number of steps.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from torch import Generator

from converters.features.build import build
from converters.features.raw_files import RawFolder
from converters.simulation.part import Outputs
from converters.simulation.plan import Settings, name_of
from converters.simulation.run import simulate
from pt_gmvp.config import ModelConfig
from pt_gmvp.data import Batch, TableDataset
from pt_gmvp.model import GMVP
from pt_gmvp.optim import KerasAdam, WarmupLinearDecay
from pt_gmvp.pretraining.baselines import Places, baselines
from pt_gmvp.pretraining.folder import load_network
from pt_gmvp.pretraining.losses import evaluate
from pt_gmvp.pretraining.network import Prediction, predict
from pt_gmvp.pretraining.proteins import Proteins, Targets, find_transcripts, read_matrices
from pt_gmvp.pretraining.running import Read, Request, read, run
from pt_gmvp.pretraining.settings import PretrainSettings
from pt_gmvp.training import train_step

PROTEINS, KEPT, LENGTH, EACH, SEED = 240, 48, 250, 20, 7
MODEL = {"d_fc": 32, "d_model": 32, "num_heads": 4}
LEARNING = PretrainSettings(
    learning_rate=4e-3, end_learning_rate=2e-4, decay_steps=2500, max_epochs=10, warmup_steps=100
)
SEEDS, BATCH = 5, 32
STEPS = {200: 160, 1000: 480}
"""Of training, by the number of labels."""
RAW = Path(__file__).parent.parent / "tests" / "golden" / "raw" / "feature"


def made(folder: Path) -> dict[str, Any]:
    """Simulate, and build what comes from the golden raw files; return the truth."""
    settings = Settings(PROTEINS, PROTEINS * EACH, SEED, length=float(LENGTH))
    truth = simulate(settings, folder / "simulated", Outputs("store", matrices=True))
    raw = RawFolder(RAW)
    (folder / "golden").mkdir()
    build(raw, raw.transcripts(), folder / "golden", "npy", 1, False, lambda: None)
    names = [name_of(number) for number in range(PROTEINS)]
    (folder / "first").write_text("\n".join(names[KEPT:]) + "\n")
    (folder / "kept").write_text("\n".join(names[:KEPT]) + "\n")
    (folder / "config.json").write_text(json.dumps({"model": MODEL}))
    return truth


def pretrained(folder: Path, derived: bool) -> tuple[Path, dict[str, Any], Read]:
    """Pre-train on the first proteins: the folder, what came out, and what was read."""
    settings = replace(LEARNING, derived=derived)
    out = folder / ("derived" if derived else "strict")
    features, config = folder / "simulated" / "features", folder / "config.json"
    request = Request(features, config, out, settings, folder / "first")
    found = read(request)
    began = time.monotonic()
    results = run(request, found)
    return out, {**results, "seconds": time.monotonic() - began}, found


def judged(folder: Path, first: Read, networks: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """Judge networks and baselines on the kept proteins, and on TP53 and PTEN."""
    kept = find_transcripts(folder / "simulated" / "features", folder / "kept")
    golden = find_transcripts(folder / "golden")
    others = Proteins(read_matrices(kept | golden))
    groups = {"kept": range(len(kept)), "TP53, PTEN": range(len(kept), len(kept) + len(golden))}
    places = others.places(range(len(others.names)))
    told = {
        name: predict(load_network(path), others, places, name == "derived")
        for name, path in networks.items()
    }
    rows = first.proteins.places(first.parts.training)
    rows = rows[torch.randperm(len(rows), generator=Generator().manual_seed(0))[:20_000]]
    # One object of both: the others lie behind those that baselines are fitted on.
    both = Proteins([])
    both.context = torch.cat([first.proteins.context, others.context])
    both.counts = torch.cat([first.proteins.counts, others.counts])
    asked = Places(places + len(first.proteins.context), others.targets(places))
    told |= baselines(both, Places(rows, first.proteins.targets(rows)), asked, 0)
    found = {}
    for group, numbers in groups.items():
        own = torch.isin(places, others.places(numbers))
        truth = Targets(*(part[own] for part in asked.truth))
        found[group] = {
            name: evaluate(Prediction(*(part[own] for part in one)), truth)._asdict()
            for name, one in told.items()
        }
    return found


def supervised(start: Path | None, names: list[str], data: tuple[Batch, Batch], seed: int) -> float:
    """Train on few labels, from initial values or with some of them pre-trained; the AUROC."""
    from sklearn.metrics import roc_auc_score

    labelled, kept = data
    model = GMVP(ModelConfig.from_dict(MODEL), generator=Generator().manual_seed(seed), form="fast")
    if start is not None:
        found = GMVP.from_pretrained(start).state_dict()
        model.load_state_dict({name: found[name] for name in names}, strict=False)
    steps = STEPS[len(labelled.ref_aa)]
    optimizer = KerasAdam(model.parameters())
    scheduler = WarmupLinearDecay(optimizer, 2e-3, 2e-4, 20, steps - 20)
    generator = Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model.train()
    order = torch.empty(0, dtype=torch.int64)
    for _ in range(steps):
        if len(order) < BATCH:
            order = torch.randperm(len(labelled.ref_aa), generator=generator)
        train_step(model, optimizer, _rows(labelled, order[:BATCH]), scheduler)
        order = order[BATCH:]
    return float(roc_auc_score(kept.label, _scores(model.eval(), kept)))


def _rows(batch: Batch, rows: torch.Tensor) -> Batch:
    return Batch(
        [batch.var_id[row] for row in rows.tolist()],
        batch.label[rows],
        batch.ref_aa[rows],
        batch.alt_aa[rows],
        batch.feature[rows],
        batch.mask[rows],
    )


@torch.inference_mode()
def _scores(model: GMVP, batch: Batch) -> np.ndarray:
    rows = torch.arange(len(batch.ref_aa))
    parts = [model(*_rows(batch, some).inputs) for some in rows.split(64)]
    return torch.cat(parts).numpy()


def compared(folder: Path, runs: dict[str, Any], labels: int) -> dict[str, list[float]]:
    """Train from each start with each seed: AUROC by start."""
    table = TableDataset(folder / "simulated" / "variants.tsv", folder / "simulated" / "features")
    kept_names = set((folder / "kept").read_text().split())
    kept = [n for n, v in enumerate(table.variants) if v.transcript in kept_names]
    rest = [n for n, v in enumerate(table.variants) if v.transcript not in kept_names]
    judged = table.__getitems__(kept)
    found: dict[str, list[float]] = {"initial values": [], **{name: [] for name in runs}}
    for seed in range(SEEDS):
        chosen = np.random.default_rng(seed).choice(rest, labels, replace=False)
        data = table.__getitems__(chosen.tolist()), judged
        for name, values in found.items():
            start = runs[name][0] if name in runs else None
            weights = runs[name][1]["pretrained"] if name in runs else []
            values.append(supervised(start, weights, data, seed))
    return found


def main() -> None:
    """Run all of it and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="write all figures here")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    began, process = time.monotonic(), time.process_time()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth = made(folder)
        runs = {name: pretrained(folder, name == "derived") for name in ("strict", "derived")}
        told = judged(folder, runs["strict"][2], {name: one[0] for name, one in runs.items()})
        _print_judged({name: one[1] for name, one in runs.items()}, told)
        scores = {labels: compared(folder, runs, labels) for labels in STEPS}
    _print_compared(truth["auroc"]["expected"], scores)
    spent = time.monotonic() - began, time.process_time() - process
    print(f"\n{spent[0]:.0f} s, of which {spent[1]:.0f} s of one core's time")
    if arguments.json:
        accounts = {name: account for name, (_, account, _) in runs.items()}
        everything = {"pretraining": accounts, "judged": told, "auroc": scores}
        everything |= {"truth": truth["auroc"], "seconds": spent}
        arguments.json.write_text(json.dumps(everything, indent=2) + "\n")


def _print_judged(accounts: dict[str, Any], told: dict[str, dict[str, Any]]) -> None:
    for name, account in accounts.items():
        print(f"{name}: best epoch {account['best_epoch']} of {account['epochs']}", end="")
        print(f", {account['seconds']:.0f} s")
    for group, found in told.items():
        print(f"\n{group:12}  KL, nats  commonest told  counts' half deviance")
        for name, values in found.items():
            count = values["deviance"]
            print(
                f"  {name:10}  {values['divergence']:8.4f}  {values['recovery']:14.4f}"
                f"  {'-' if count is None else f'{count:.4f}'}"
            )


def _print_compared(attainable: float, scores: dict[int, dict[str, list[float]]]) -> None:
    print(f"\nattainable AUROC {attainable:.4f}, of all variants")
    for labels, found in scores.items():
        base = found["initial values"]
        for name, values in found.items():
            gains = [one - other for one, other in zip(values, base, strict=True)]
            print(
                f"  {labels:5} labels from {name:14}"
                f"  AUROC {mean(values):.4f} ± {stdev(values):.4f}"
                f"  gain {mean(gains):+.4f} ± {stdev(gains):.4f}"
            )


if __name__ == "__main__":
    main()
