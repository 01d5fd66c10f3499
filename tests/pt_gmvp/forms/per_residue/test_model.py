from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional

from pt_gmvp.forms.per_residue.attention import Additive
from pt_gmvp.forms.per_residue.model import Asked, FoldedModel, PairEncoding, PairLogits, _left_out
from pt_gmvp.forms.per_residue.protein import CountPlan, Protein
from pt_gmvp.forms.per_residue.relating import FIRST, Features
from pt_gmvp.forms.per_residue.sites import Sites, Windows
from pt_gmvp.model import GMVP
from tests.pt_gmvp.forms.per_residue.test_engine import plain_at

CPU = torch.device("cpu")


def folded_scores(model: GMVP, matrix: np.ndarray, some: range) -> torch.Tensor:
    folded = FoldedModel(model)
    protein = Protein.read("T", matrix, CPU)
    plan = CountPlan.find(protein, getattr(folded.relating, "centered", False))
    with torch.inference_mode():
        return folded.probabilities(protein, plan, folded.rows(protein, plan), some)


@pytest.mark.parametrize("score", ["add", "nn", "dot"])
@pytest.mark.parametrize("pairwise", ["fre", "cov"])
def test_a_stretch_is_scored_as_by_the_plain_model(
    small: Callable[..., GMVP], pten: np.ndarray, score: str, pairwise: str
) -> None:
    model, matrix, some = small(attn_score_type=score, pairwise_type=pairwise), pten[:70], range(3)
    expected = plain_at([model], matrix, list(some))
    found = folded_scores(model, matrix, some)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_a_folded_model_keeps_its_dtype_and_leaves_the_model_alone(
    small: Callable[..., GMVP], pten: np.ndarray
) -> None:
    model = small().float().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert folded_scores(model, pten[:10], range(10)).dtype == torch.float32
    assert model.training
    assert all(weight.requires_grad for weight in model.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize(("length", "some"), [(1, range(1)), (70, range(3, 9)), (200, range(200))])
def test_the_centre_and_what_is_outside_is_left_out(length: int, some: range) -> None:
    found = _left_out(Windows.of_protein(length, CPU), some)
    for row, center in zip(found.tolist(), some, strict=True):
        positions = range(center - 64, center + 65)
        assert row == [not 0 <= each < length or each == center for each in positions]


def test_substitutions_are_arranged_by_their_residues() -> None:
    center, substitute = np.array([0, 1, 1, 1, 3, 3]), np.array([7, 3, 2, 2, 0, 19])
    sites = Sites(np.empty((0, 435), np.float32), (), np.arange(4), center, substitute)
    asked = Asked.of(sites, range(1, 4), CPU)
    assert asked.substitutes.tolist() == [[3, 2, 2], [0, 0, 0], [0, 19, 0]]
    assert asked.which.tolist() == [0, 1, 2, 6, 7]


@pytest.fixture
def parts(small: Callable[..., GMVP]) -> tuple[GMVP, PairEncoding, Additive]:
    model = small(pairwise_type="cov").requires_grad_(False)
    return model, PairEncoding.of(model), Additive.of(model.mha)


def test_an_unrelated_pair_has_the_logits_of_the_least_norm(parts) -> None:
    model, encoding, attention = parts
    column = torch.zeros(1, 442, dtype=torch.float64)
    column[0, 441] = 1e-6
    expected = attention.of_pairs(model.pairwise_encoding(column).relu())[0]
    torch.testing.assert_close(encoding.unrelated(attention), expected)


@pytest.mark.parametrize("omitted", [None, 4])
def test_pairs_are_encoded_from_the_states_of_their_centre(parts, omitted: int | None) -> None:
    model, encoding, attention = parts
    generator = torch.Generator().manual_seed(2)
    states, pairs = torch.tensor([1, 7, 20]), 6
    counted = torch.randn(pairs, 3, 21, generator=generator, dtype=torch.float64)
    norm = torch.rand(pairs, 1, generator=generator, dtype=torch.float64)
    rows = torch.cat([norm, torch.ones_like(norm), counted.flatten(1)], 1)
    assert rows.shape[1] == FIRST + 3 * 21
    # All 21 x 21 columns: the covariances over all states of the centre sum to 0.
    table = counted.new_zeros(pairs, 21, 21)
    table[:, states] = counted
    if omitted is not None:
        table[:, omitted] = -counted.sum(1)
    columns = torch.cat([table.flatten(1), norm], 1)
    expected = attention.of_pairs(model.pairwise_encoding(columns).relu())
    given = None if omitted is None else torch.tensor(omitted)
    found = PairLogits(encoding, attention).logits(Features(0, rows, states), given)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_invalid_states_add_nothing_to_a_pair(parts) -> None:
    _, encoding, attention = parts
    rows = torch.ones(2, FIRST + 21, dtype=torch.float64)
    found = PairLogits(encoding, attention).logits(Features(0, rows, torch.tensor([21])), None)
    expected = attention.of_pairs(functional.relu(encoding.first.sum(0))[None])
    torch.testing.assert_close(found, expected.expand(2, -1))
