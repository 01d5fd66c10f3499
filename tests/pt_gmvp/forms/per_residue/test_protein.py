import numpy as np
import pytest
import torch

from pt_gmvp.forms.per_residue.protein import CountPlan, Protein

CPU = torch.device("cpu")


@pytest.fixture
def protein(pten):
    matrix = pten[:150].copy()
    matrix[3, 0] = 20
    matrix[4, 21:221] = 5  # all species agree
    matrix[5, 30] = 25  # not a residue
    return Protein.read("T", matrix, CPU)


def test_states_and_what_is_present(protein):
    assert len(protein) == 150
    assert protein.residues[3] == 20
    assert (protein.states[4] == 5).all()
    assert protein.present[4].nonzero().flatten().tolist() == [5]
    assert protein.commonest[4] == 5
    assert protein.has_invalid
    assert protein.states[5].max() == 21


def test_a_protein_without_invalid_codes(pten):
    assert not Protein.read("T", np.ascontiguousarray(pten[:5]), CPU).has_invalid


def test_covariances_skip_positions_where_all_species_agree(protein):
    plan = CountPlan.find(protein, True)
    kept = plan.kept.tolist()
    assert 4 not in kept
    assert kept == (protein.present.sum(1) > 1).nonzero().flatten().tolist()
    # The window of residue 0 starts at 0, and holds the kept ones up to 64.
    assert plan.first[0] == 0
    assert plan.lengths[0] == sum(position <= 64 for position in kept)
    assert plan.place[0, 64 + 4] == 129
    assert plan.place[0, 64 + kept[1]] == 1
    for position in (0, 7):
        counted = set(plan.counted[position].nonzero().flatten().tolist())
        present = set(protein.present[position].nonzero().flatten().tolist())
        assert counted == present - {int(protein.commonest[position])}
        assert plan.sizes[position] == len(counted)
        assert plan.chosen[position, : len(counted)].tolist() == sorted(counted)


def test_joint_frequencies_count_everything(protein):
    plan = CountPlan.find(protein, False)
    assert plan.kept.tolist() == list(range(150))
    assert torch.equal(plan.counted, protein.present)
    assert plan.omitted is None
