import pytest
import torch

from pt_gmvp.forms.per_residue.joining import Joining, Variants
from pt_gmvp.model import center_node


@pytest.fixture
def model(small):
    return small(2)


@torch.no_grad()
def test_the_parts_of_an_encoding_add_up(model):
    sites = torch.randn(3, 51, dtype=torch.float64)
    residues = torch.tensor([0, 19, 20])
    variants = Variants.of(model)
    found = torch.empty(3, 20, model.config.d_fc, dtype=torch.float64)
    variants.encode(variants.at_sites(sites, residues), into=found)
    for row in range(3):
        center = center_node(residues[row].expand(20), torch.arange(20), sites[row].expand(20, -1))
        torch.testing.assert_close(found[row], model.variant_encoding(center).relu())


@torch.no_grad()
def test_the_probability_is_that_of_cell_and_logit(model):
    inputs = torch.randn(5, model.config.d_fc, dtype=torch.float64)
    state = torch.randn(5, model.config.d_model, dtype=torch.float64)
    found = Joining.of(model).probabilities(torch.cat([inputs, state], 1))
    expected = model.logit(model.gru(inputs, state)).squeeze(-1).sigmoid()
    torch.testing.assert_close(found, expected)
