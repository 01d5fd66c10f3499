"""The per-residue form is the model asked for each substitute, whatever the configuration."""

from collections.abc import Callable

import pytest
import torch

from pt_gmvp.forms.exported import Form
from pt_gmvp.forms.exported.checking import draw
from pt_gmvp.forms.exported.forms import PerResidue, Plain, example, make_form
from pt_gmvp.model import GMVP


def asked_one_by_one(model: GMVP, feature: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    ref_aa = feature[:, 64, 0].long()
    return torch.stack(
        [model(ref_aa, torch.full_like(ref_aa, alt), feature, mask) for alt in range(20)], 1
    )


@pytest.mark.parametrize("score", ["add", "nn", "dot"])
@pytest.mark.parametrize(
    "config",
    [
        {"pairwise_type": "cov"},
        {"pairwise_type": "cov", "pairwise_norm": "paper", "weighting_schema": "none"},
        {"pairwise_type": "fre"},
    ],
    ids=str,
)
def test_it_is_the_model_for_each_substitute(
    small: Callable[..., GMVP], uneven, score, config
) -> None:
    model = small(1, attn_score_type=score, **uneven, **config)
    given = draw(4, 7, torch.float64)
    feature, mask = (torch.from_numpy(given[name]) for name in ("feature", "mask"))
    feature[0, 64, 0] = 20  # an X
    feature[0, 3, 21:221] = 20  # a column of gaps
    with torch.no_grad():
        logit, probability = PerResidue(model)(feature, mask)
        expected = asked_one_by_one(model, feature, mask)
    torch.testing.assert_close(logit, expected, rtol=1e-12, atol=1e-13)
    assert torch.equal(probability, logit.sigmoid())
    assert expected.std(1).min() > 1e-3  # the substitutes differ, so that it can fail


def test_where_nothing_is_left_in_but_the_slot(small: Callable[..., GMVP], uneven) -> None:
    model = small(2, **uneven)
    feature, mask = torch.zeros(2, 129, 435, dtype=torch.float64), torch.ones(2, 129).double()
    with torch.no_grad():
        logit, _ = PerResidue(model)(feature, mask)
        expected = asked_one_by_one(model, feature, mask)
    torch.testing.assert_close(logit, expected, rtol=1e-12, atol=1e-13)


def test_the_model_itself_stays_as_it_is(small: Callable[..., GMVP], form: Form) -> None:
    model = small(0)
    model.train()
    model.form = "fast"
    layer = make_form(form, model)
    assert isinstance(layer, Plain if form is Form.PLAIN else PerResidue)
    assert model.training
    assert model.form == "fast"
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not layer.model.training
    assert layer.model.form == "plain"


def test_examples_have_the_inputs_of_their_form(form: Form) -> None:
    given = example(form, 2, torch.float64)
    layer = Plain if form is Form.PLAIN else PerResidue
    assert len(given) == len(layer.inputs)
    assert [len(tensor) for tensor in given] == [2] * len(given)
