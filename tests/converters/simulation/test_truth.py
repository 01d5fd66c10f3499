"""Tables of true values: sorted, and equal to what the parts know."""

import csv
import json

import numpy as np
import pytest

from converters.simulation.auroc import attainable
from converters.simulation.labels import TERMS
from converters.simulation.part import Known, Outputs
from converters.simulation.plan import FILES, Settings
from converters.simulation.truth import TABLES, gathered, write_truth

SETTINGS = Settings(3, 40, 0)


def known(seed, proteins, part):
    """True values of 20 variants of some proteins."""
    random = np.random.default_rng(seed)
    whole = {
        name: random.integers(0, high, 20)
        for name, high in {"position": 60, "ref": 20, "alt": 20, "label": 2}.items()
    }
    return Known(
        protein=random.choice(proteins, 20),
        number=random.permutation(20) + 20 * seed,
        part=np.full(20, part),
        probability=random.random(20),
        tolerance=np.zeros(20),
        terms=random.random((20, 5)),
        pairs=np.array([[proteins[0], 9, 30], [proteins[0], 2, 11]]),
        **whole,
    )


@pytest.fixture
def parts():
    """Two parts that share protein 1."""
    return [known(0, [2, 1], 0), known(1, [1, 0], 7)]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_parts_are_joined_in_the_order_of_proteins_and_variants(parts):
    found = gathered(parts)
    keys = list(zip(found.protein.tolist(), found.number.tolist(), strict=True))
    assert keys == sorted(keys)
    assert len(keys) == 40
    assert found.pairs.tolist() == [[1, 2, 11], [1, 9, 30], [2, 2, 11], [2, 9, 30]]
    # Whole rows are sorted, not columns.
    for part in parts:
        for row in range(20):
            at = keys.index((int(part.protein[row]), int(part.number[row])))
            assert found.probability[at] == part.probability[row]
            assert (found.terms[at] == part.terms[row]).all()


def test_the_order_of_the_parts_does_not_matter(parts):
    for one, other in zip(gathered(parts), gathered(parts[::-1]), strict=True):
        assert (one == other).all()


def test_tables_hold_the_true_values_to_the_bit(parts, tmp_path):
    found, outputs = gathered(parts), Outputs("store", replicate=3)
    write_truth(tmp_path, SETTINGS, outputs, found)
    assert {path.name for path in tmp_path.iterdir()} == set(TABLES)
    variants, truth = rows(tmp_path / "variants.tsv"), rows(tmp_path / "truth.tsv")
    assert [row["var"] for row in variants] == [row["var"] for row in truth]
    first = variants[0]
    assert first["transcript_id"] == "SIMT00000001"
    assert first["aa_pos"] == str(found.position[0] + 1)
    assert first["var"] == "_".join(
        first[name] for name in ("transcript_id", "aa_pos", "ref_aa", "alt_aa")
    )
    assert [float(row["probability"]) for row in truth] == found.probability.tolist()
    assert [[float(row[term]) for term in TERMS] for row in truth] == found.terms.tolist()
    assert [int(row["target"]) for row in variants] == found.label.tolist()
    assert {row["file"] for row in truth} == {"train_r3_0.store", "train_r3_7.store"}
    assert rows(tmp_path / "coupled.tsv")[0] == {
        "transcript_id": "SIMT00000002",
        "aa_pos_1": "3",
        "aa_pos_2": "12",
    }


def test_the_account_counts_and_scores_each_file(parts, tmp_path):
    found, outputs = gathered(parts), Outputs()
    account = write_truth(tmp_path, SETTINGS, outputs, found)
    assert json.loads((tmp_path / "truth.json").read_text()).keys() == account.keys()
    assert account["settings"]["variants"] == account["variants"] == 40
    assert account["harmful"] == found.label.sum()
    assert account["auroc"] == attainable(found.probability, found.label)._asdict()
    assert len(account["files"]) == FILES
    assert account["files"]["train_r0_0.tfrec"]["variants"] == 20
    assert account["files"]["train_r0_3.tfrec"]["variants"] == 0
    assert set(account["auroc_expected_without"]) == set(TERMS)


def test_genes_are_a_term_only_if_they_differ(parts, tmp_path):
    settings = SETTINGS._replace(gene_spread=1.0)
    account = write_truth(tmp_path, settings, Outputs(), gathered(parts))
    assert set(account["auroc_expected_without"]) == {*TERMS, "gene"}


def test_a_missing_folder_is_an_error(parts, tmp_path):
    with pytest.raises(FileNotFoundError):
        write_truth(tmp_path / "missing", SETTINGS, Outputs(), gathered(parts))
