"""The page about one protein runs as it stands, from files as their sources write them."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from converters.features.profile import read_profile
from converters.residues import AMINO_ACIDS, letter
from tests.converters.features.coordinates.peptides import HELIX, as_pdb, atoms_of, backbone
from tests.converters.genomic.vep_output import FORWARD, default_table

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[2] / "docs" / "journey.md"
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S)
    for line in block.splitlines()
]  # fmt: skip
PROGRAMS = {"gmvp": "pt_gmvp.cli", "gmvp-convert": "converters.cli"}
PTEN = "ENST00000371953"


def a3m(protein: str) -> str:
    """Return homologs as ColabFold's server writes them, in two parts divided by a NUL byte."""
    random = np.random.default_rng(1)
    rows = []
    for number in range(30):
        changed = random.random(len(protein)) < 0.02 * number
        drawn = random.choice(list(f"{AMINO_ACIDS}-"), len(protein))
        homolog = "".join(np.where(changed, drawn, list(protein)))
        rows.append(f">UniRef100_A0A{number}\t300\t0.9\t1E-90\t0\t402\t403\n{homolog}\n")
    query = f">101\n{protein}\n"
    return f"#{len(protein)}\t1\n{query}{''.join(rows[:20])}\0{query}{''.join(rows[20:])}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, golden):
    """A folder with the files that the page asks for, and no others."""
    folder = tmp_path_factory.mktemp("journey")
    codes = read_profile(golden / "raw" / "feature" / f"{PTEN}.99.diff0.hhm.npy")[:, 0]
    protein = "".join(letter(int(code)) for code in codes)
    (folder / "raw").mkdir()
    (folder / "raw" / f"{PTEN}.a3m").write_text(a3m(protein))
    plddt = np.linspace(95, 30, len(protein)).round(2)
    model = atoms_of(protein, backbone([HELIX] * len(protein)), b_factors=plddt)
    (folder / "AF-P60484-F1-model_v4.pdb").write_text(as_pdb(model))
    (folder / "idmapping.tsv").write_text(f"From\tTo\nP60484\t{PTEN}.9\n")
    (folder / "variants.csv").write_text("uniprot_id,mutation\nP60484,p.Arg130Gln\nP60484,T131I\n")
    row = FORWARD | {
        **{"Location": "chr10:87933148", "Allele": "A", "Gene": "ENSG00000171862"},
        **{"Feature": f"{PTEN}.9", "Protein_position": "130/403", "Amino_acids": "R/Q"},
        **{"Codons": "cGa/cAa", "Extra": "STRAND=1;SYMBOL=PTEN"},
    }
    (folder / "vep.txt").write_text(default_table(row))
    weights = ("weights", golden / "ensemble_21.h5", "--config", golden / "ensemble_config.json")
    run(["gmvp-convert", *map(str, weights), "-o", "model"], folder)
    return folder


def run(words, folder):
    """Run one command of the page; return what it printed, on either stream."""
    done = subprocess.run(
        [sys.executable, "-m", PROGRAMS[words[0]], *words[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def printed(folder):
    return [run(shlex.split(command), folder) for command in COMMANDS]


def test_every_step_says_what_stood_in(printed):
    features, score, *_ = printed
    for text in (features, score):
        assert f"frequencies of {PTEN}.a3m (31 sequences) in place of HHblits' profile" in text
        assert "model AF-P60484-F1-model_v4.pdb, chain A, 403 of 403" in text
        assert "in place of population counts" in text


def test_scores_of_all_and_of_the_given_ones_agree(printed, folder):
    every = dict(line.split("\t") for line in (folder / "scores.tsv").read_text().splitlines())
    assert len(every) == 1 + 403 * 20
    given = [line.split("\t") for line in (folder / "given.tsv").read_text().splitlines()[1:]]
    assert [name.split("_")[1:] for name, _ in given] == [["130", "R", "Q"], ["131", "T", "I"]]
    for name, score in given:
        assert float(score) == pytest.approx(float(every[f"{PTEN}_" + name.split("_", 1)[1]]))


def test_the_map_and_the_explanation_are_there(printed, folder):
    assert {"map.html", "map.png", "r130q.png", "r130q.tsv"} <= {p.name for p in folder.iterdir()}


def test_both_queries_find_the_same_change(printed):
    rows = [line for line in printed[-1].splitlines() if "PTEN" in line and "87933148" in line]
    assert len(rows) == 2
