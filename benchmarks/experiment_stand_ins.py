"""How far do stand-ins for inputs move the scores?

    python -m benchmarks.experiment_stand_ins [--real FOLDER] [--steps 150]

For TP53 and PTEN of the shipped inputs (simulated homologs) and of a folder of the same layout,
such as the real alignments, all substitutions are scored with the files' own structure and counts,
and then with a stand-in for one of them. Models: the two of tests/golden, whose weights are random,
and a small one that is trained here on the variants of the same two proteins. Neither is the
published gMVP.

"one state" replaces the file's probabilities of helix, strand and coil by 1 for the likeliest.
"a model" builds a main chain with the dihedral angles of an ideal helix, an ideal strand or the
file's own, by that state, and reads it as `--structure-from` reads a file: as no experiment or
prediction of these proteins ships, this shows the way of the values, not their quality.
"""

import argparse
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from converters.columns import STRUCTURE
from converters.features.coordinates.columns import read_model
from converters.features.files import save_matrix
from converters.features.matrix import make_matrix
from converters.features.neutral import BUILT_IN, COUNTED, mean_of
from converters.features.raw_files import RawFolder
from converters.features.structure import read_structure
from converters.residues import letter
from pt_gmvp.config import ModelConfig
from pt_gmvp.data import TableDataset
from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.model import GMVP
from tests.converters.features.coordinates.peptides import (
    HELIX,
    STRAND,
    as_pdb,
    atoms_of,
    backbone,
)

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"
NAMES = {"ENST00000269305": "TP53", "ENST00000371953": "PTEN"}
WIDTHS = {"d_fc": 32, "d_model": 32, "num_heads": 4}
_Q3 = slice(STRUCTURE.start, STRUCTURE.start + 3)
_BATCH = 64

Matrix = NDArray[np.float64]


def stand_ins(folder: Path, built: Path) -> dict[str, Callable[[Matrix, str], Matrix]]:
    """Return what replaces columns of a matrix, given the matrix and the transcript."""
    means = mean_of(built)

    def put(columns: slice, values: Matrix) -> Callable[[Matrix, str], Matrix]:
        def replaced(matrix: Matrix, _: str) -> Matrix:
            out = matrix.copy()
            out[:, columns] = values
            return out

        return replaced

    def one_state(matrix: Matrix, _: str) -> Matrix:
        out = matrix.copy()
        out[:, _Q3] = np.eye(3)[matrix[:, _Q3].argmax(1)]
        return out

    def model(matrix: Matrix, transcript: str) -> Matrix:
        out = matrix.copy()
        out[:, STRUCTURE] = _from_a_model(folder, matrix, transcript)
        return out

    neutral, counts = put(STRUCTURE, BUILT_IN.structure), put(COUNTED, BUILT_IN.counts)
    return {
        "structure: one state": one_state,
        "structure: a model": model,
        "structure: neutral, built in": neutral,
        "structure: neutral, means of these two": put(STRUCTURE, means.structure),
        "counts: zeros, built in": counts,
        "counts: means of these two": put(COUNTED, means.counts),
        "both: built in": lambda matrix, name: counts(neutral(matrix, name), name),
    }


def _from_a_model(folder: Path, matrix: Matrix, transcript: str) -> Matrix:
    """Return the structure columns of a chain built from states and angles."""
    protein = "".join(letter(int(code)) for code in matrix[:, 0])
    found = read_structure(folder / f"{transcript}.netsurfp2.json", transcript).columns
    own = np.rad2deg(np.arctan2(found[:, [6, 8]], found[:, [7, 9]]))
    states = found[:, :3].argmax(1)
    angles = [(HELIX, STRAND, tuple(own[n]))[state] for n, state in enumerate(states)]
    plddt = 100 * (1 - found[:, 5])
    atoms = atoms_of(protein, backbone(angles), b_factors=plddt)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model.pdb"
        path.write_text(as_pdb(atoms))
        return read_model(path, matrix[:, 0].astype(np.uint8), BUILT_IN.structure)[0].columns


def build(raw: Path, out: Path) -> dict[str, Matrix]:
    """Build and save both matrices of a folder of raw files."""
    folder = RawFolder(raw)
    found = {name: make_matrix(folder.find(name)).matrix for name in NAMES}
    for name, matrix in found.items():
        save_matrix(out / f"{name}.npy", matrix)
    return found


def golden_models() -> list[GMVP]:
    """Return the ensemble of tests/golden, with random weights."""
    from converters.commands.weights import weights
    from pt_gmvp.ensemble import load_models

    with tempfile.TemporaryDirectory() as scratch, redirect_stdout(io.StringIO()):
        folders = [Path(scratch) / str(number) for number in (21, 22)]
        for path in folders:
            weights(
                GOLDEN / f"ensemble_{path.name}.h5", path, config=GOLDEN / "ensemble_config.json"
            )
        return list(load_models(folders).values())


def trained(tables: list[Path], features: Path, steps: int, seed: int) -> GMVP:
    """Train a small model on variants of both proteins."""
    torch.manual_seed(seed)
    model = GMVP(ModelConfig.from_dict(WIDTHS), form="fast")
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    variants = TableDataset(tables, features, share_windows=True, on_problem="skip")
    model.train()
    for rows in _batches(len(variants), steps, seed):
        batch = variants.__getitems__(rows)
        logit = model(batch.ref_aa, batch.alt_aa, batch.feature, batch.mask, batch.window)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logit, batch.label.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.form = "plain"
    return model.eval()


def _batches(count: int, steps: int, seed: int) -> Iterator[list[int]]:
    random = np.random.default_rng(seed)
    order: list[int] = []
    for _ in range(steps):
        if len(order) < _BATCH:
            order = random.permutation(count).tolist()
        yield [order.pop() for _ in range(min(_BATCH, len(order)))]


def compare(models: list[GMVP], matrices: dict[str, Matrix], folder: Path, built: Path) -> Table:
    """Return a table of how far each stand-in moves the scores of all substitutions."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    columns = ("protein", "in place of the files'", "mean move", "largest", "of the sd", "Spearman")
    for column in columns:
        table.add_column(column)
    scorer = Scorer(models)
    instead = stand_ins(folder, built)
    for name, matrix in matrices.items():
        before = _scores(scorer, name, matrix)
        for label, change in instead.items():
            after = _scores(scorer, name, change(matrix, name))
            move = np.abs(after - before)
            table.add_row(
                NAMES[name],
                label,
                f"{move.mean():.4f}",
                f"{move.max():.4f}",
                f"{move.mean() / before.std():.2f}",
                f"{_spearman(before, after):.3f}",
            )
    return table


def _scores(scorer: Scorer, name: str, matrix: Matrix) -> NDArray[np.float64]:
    """Return the scores of all substitutions but the own residue's, flat."""
    ((_, found),) = scorer.score([(name, matrix)])
    scores = found.double().numpy()
    own = np.arange(20) == matrix[:, :1]
    return np.asarray(scores[~own])


def _spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    first, second = (values.argsort().argsort() - (len(values) - 1) / 2 for values in (one, other))
    return float((first * second).sum() / (first**2).sum())


def main() -> None:
    """Measure and print one table for each set of inputs and each set of models."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--real", type=Path, help="a folder like the one of GMVP_REAL_DATA")
    parser.add_argument("--steps", type=int, default=150, help="of training")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    console = Console(width=120)
    inputs = {"shipped (simulated homologs)": GOLDEN / "raw"}
    if arguments.real:
        inputs["real alignments"] = arguments.real
    random_models = golden_models()
    for title, folder in inputs.items():
        with tempfile.TemporaryDirectory() as scratch:
            built = Path(scratch)
            matrices = build(folder / "feature", built)
            tables = [folder / f"{name}.variants.tsv" for name in NAMES.values()]
            model = trained(tables, built, arguments.steps, arguments.seed)
            for kind, models in (("random weights", random_models), ("trained here", [model])):
                console.print(f"\n{title}, {kind}")
                console.print(compare(models, matrices, folder / "feature", built))


if __name__ == "__main__":
    main()
