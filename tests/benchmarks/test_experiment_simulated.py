"""The simulated experiment, tiny: all of it runs, keeps its proteins apart, and judges rightly."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import experiment_simulated as experiment
from benchmarks.coupled_pairs import alignments, by_chance, precision, read_coupled
from benchmarks.held_out import Known, gap_error, read_known


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `--quick` leaves."""
    made = tmp_path_factory.mktemp("experiment")
    experiment.main(["--out", str(made), "--quick"])
    return made


def test_it_tells_and_draws_what_it_found(folder, capsys):
    # Once more: what is there is gone on with, to the same figures.
    before = json.loads((folder / "results.json").read_text())
    experiment.main(["--out", str(folder), "--quick"])
    assert json.loads((folder / "results.json").read_text()) == before
    lines = capsys.readouterr().out.splitlines()
    told = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines[-3:-1]}
    found = before["auroc"]
    ratio = found["reached"] / found["attainable"]
    assert told["ratio reached attainable"] == pytest.approx(ratio, abs=1e-4)
    assert told["ratio precision chance"] > 50
    assert len(before["precision"]) == 12
    assert (folder / "simulated.png").read_bytes().startswith(b"\x89PNG")


def test_no_protein_is_in_two_parts(folder):
    known = read_known(folder / "simulated")
    last = set(known.of(experiment.LAST).protein)
    validating = set((folder / "validating").read_text().split())
    seen = (folder / "seen.tsv").read_text().splitlines()[1:]
    training = {line.split("\t")[0] for line in seen if line.split("\t")[5] not in validating}
    assert last
    assert training
    assert not last & training
    assert not {name.split("_")[0] for name in validating} & (training | last)
    assert len(seen) + len(known.of(experiment.LAST).name) == len(known.name)


def test_another_simulation_in_the_folder_is_refused(folder):
    with pytest.raises(SystemExit, match="contains another simulation"):
        experiment.main(["--out", str(folder), "--quick", "--seed", "3"])


def test_the_gap_s_error_is_that_between_proteins():
    """Scores that fail in half of the proteins: their gap is as uncertain as proteins are few."""
    random = np.random.default_rng(1)
    errors = []
    for proteins in (10, 160):
        protein = np.repeat(np.arange(proteins), 40)
        probability = random.random(len(protein))
        label = (random.random(len(protein)) < probability).astype(float)
        known = Known(protein, protein, label, probability, np.zeros(len(protein)))
        score = np.where(protein % 2, probability, random.random(len(protein)))
        errors.append(gap_error(known, score))
        assert gap_error(known, probability) == 0
    assert 2 < errors[0] / errors[1] < 8  # 4, as there are 16 times as many


def test_precision_and_chance(folder):
    coupled = read_coupled(folder / "simulated" / "coupled.tsv")
    name, pairs = next(iter(coupled.items()))
    proteins = alignments(folder / "simulated" / "features", [name], 5000, 1)
    length = proteins[name].shape[1]
    strength = np.zeros((length, length))
    for i, j in pairs:
        strength[i, j] = strength[j, i] = 1
    assert precision(strength, pairs) == min(1, len(pairs) / max(length // 10, 1))
    assert precision(-strength, pairs) == 0
    far = [(i, j) for i in range(length) for j in range(i + 6, length)]
    assert by_chance(proteins, coupled) == pytest.approx(len(pairs) / len(far))
