"""Does training reach what the simulation allows, and does co-evolution find what is coupled?

    python -m benchmarks.experiment_simulated --out FOLDER

1. 300 proteins are simulated with 200 labelled variants each (`gmvp-convert simulate`). Of the ten
   files, which share no protein, seven train, one validates, and two are for the end.
2. gMVP is trained (`gmvp train`, the fast form, dropout as released) until the validation proteins
no longer improve; the epoch is chosen on them.
3. The chosen epoch's AUROC on the last proteins is compared with that of the probabilities from
which the labels were drawn. The gap's standard error comes from resampling the proteins.
4. The L/10 strongest pairs of positions of the last proteins are compared with the coupled ones.

The settings were found with `--seed 1`; the figures of docs/simulation.md are of seed 2.
A run that the folder already holds is resumed. `--quick` is for trying the program.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import coupled_pairs
from benchmarks.coupled_pairs import Precision
from benchmarks.held_out import Judged, Known, judged, read_known
from benchmarks.simulated_picture import draw
from converters.simulation.part import Outputs
from converters.simulation.plan import Settings
from converters.simulation.run import simulate
from pt_gmvp.data import TableDataset
from pt_gmvp.runs.journal import read_lines
from pt_gmvp.training.building import Settings as RunSettings
from pt_gmvp.training.running import Finished, Request, run
from pt_gmvp.training.split import Source

VALIDATING, LAST = {7}, {8, 9}
"""Numbers of the ten files; the others train."""
TRAINING = {
    "batch_size": 128,
    "learning_rate": 2e-3,
    "end_learning_rate": 1e-4,
    "warmup_steps": 200,
    "decay_steps": 2500,
}
STEPS = 3300
"""At most; the release's patience of 5 epochs may end it before."""


class Scale(NamedTuple):
    """Sizes of the experiment."""

    proteins: int = 300
    each: int = 200
    length: float = 600.0
    width: int = 128
    steps: int = STEPS
    paired: int = 25
    longest: int = 500


QUICK = Scale(12, 20, 80.0, 8, 4, 2, 120)


def made(folder: Path, scale: Scale, seed: int) -> tuple[Path, Known]:
    """Simulate unless it is there, and share the variants out."""
    settings = Settings(scale.proteins, scale.proteins * scale.each, seed, length=scale.length)
    data = folder / "simulated"
    if not data.exists():
        simulate(settings, data, Outputs("store", matrices=True))
    if json.loads((data / "truth.json").read_text())["settings"] != settings._asdict():
        raise SystemExit(f"{data}: contains another simulation; name another --out")
    known = read_known(data)
    header, *rows = (data / "variants.tsv").read_text().splitlines(keepends=True)
    last = np.isin(known.file, list(LAST))
    for name, chosen in (("seen.tsv", ~last), ("last.tsv", last)):
        (folder / name).write_text(header + "".join(np.array(rows, object)[chosen]))
    (folder / "validating").write_text("\n".join(known.of(VALIDATING).name) + "\n")
    return data, known


def trained(folder: Path, features: Path, scale: Scale, count: int, seed: int) -> Finished:
    """Train on the first `count` variants, or resume that training."""
    model = {"d_fc": scale.width, "d_model": scale.width, "num_heads": 4}
    epochs = -(-scale.steps // -(-count // TRAINING["batch_size"]))
    config = {"model": model, "training": TRAINING | {"max_epochs": epochs}}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    source = Source(folder / "seen.tsv", features, validation=folder / "validating")
    settings = RunSettings(seed, form="fast")
    request = Request(
        folder / "config.json", source, folder / "run", settings, resume=True, device="cpu"
    )
    finished = run(request)
    assert finished is not None
    return finished


def show(known: Known, found: Judged, told: list[Precision], chance: float) -> None:
    """Print all figures."""
    console = Console(width=100)
    table = Table("way", "norm", "as it is", "average product corrected")
    for plain, corrected in zip(told[::2], told[1::2], strict=True):
        cells = (f"{one.mean:.3f} ± {one.error:.3f}" for one in (plain, corrected))
        table.add_row(plain.way, plain.norm, *cells)
    print(f"\nprecision at L/10, by chance {chance:.4f}")
    console.print(table)
    last = known.of(LAST)
    print(
        f"AUROC on the {len(last.name)} variants of {len(set(last.protein))} proteins that nothing"
        " was trained or chosen on"
    )
    print(f"attainable  {found.attainable:.4f}")
    print(f"reached     {found.reached:.4f}")
    print(f"gap         {found.gap:.4f} ± {found.error:.4f}")
    print(f"gap, before labels are drawn  {found.expected_gap:.4f}")
    best = max(told, key=lambda one: one.mean)
    print(f"ratio reached attainable {found.reached / found.attainable:.4f}")
    print(f"ratio precision chance {best.mean / chance:.1f}")


def scale_of(given: argparse.Namespace) -> Scale:
    """Return the requested size."""
    if given.quick:
        return QUICK
    return Scale(given.proteins, given.variants_per_protein, width=given.width)


def main(arguments: list[str] | None = None) -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--proteins", type=int, default=Scale().proteins)
    parser.add_argument("--variants-per-protein", type=int, default=Scale().each)
    parser.add_argument("--width", type=int, default=Scale().width)
    parser.add_argument("--seed", type=int, default=2, help="of the simulation and of the training")
    parser.add_argument("--quick", action="store_true", help="a tiny run, only to test the program")
    given = parser.parse_args(arguments)
    began, scale = time.monotonic(), scale_of(given)
    given.out.mkdir(parents=True, exist_ok=True)
    data, known = made(given.out, scale, given.seed)
    features = data / "features"
    training = len(known.name) - len(known.of(VALIDATING | LAST).name)
    finished = trained(given.out, features, scale, training, given.seed)
    epochs = [line for line in read_lines(finished.folder.metrics) if line["kind"] == "epoch"]
    best = finished.best["epoch"]
    truth = known.of(LAST)
    found = judged(finished.folder, best, TableDataset(given.out / "last.tsv", features), truth)
    coupled = coupled_pairs.read_coupled(data / "coupled.tsv")
    names = sorted(set(truth.protein.tolist()))
    proteins = coupled_pairs.alignments(features, names, scale.longest, scale.paired)
    told = coupled_pairs.precisions(proteins, coupled)
    chance = coupled_pairs.by_chance(proteins, coupled)
    most = known.of(VALIDATING).attainable().drawn
    validating = [line["auroc"] for line in epochs], most
    draw(given.out / "simulated.png", found, best, validating, told)
    write(given.out / "results.json", scale, given.seed, found, told, chance, epochs)
    print(f"{training} variants trained on; epoch {best} of {len(epochs)} chosen")
    show(known, found, told, chance)
    print(f"{time.monotonic() - began:.0f} s")


def write(
    path: Path,
    scale: Scale,
    seed: int,
    found: Judged,
    told: list[Precision],
    chance: float,
    epochs: list[dict[str, Any]],
) -> None:
    """Write every figure."""
    account = {"scale": scale._asdict(), "seed": seed, "training": TRAINING}
    account |= {"auroc": found._asdict() | {"gap": found.gap}, "chance": chance, "epochs": epochs}
    account |= {"precision": [one._asdict() | {"mean": one.mean} for one in told]}
    path.write_text(json.dumps(account, indent=2) + "\n")


if __name__ == "__main__":
    main()
