"""What lies on the way to a score: held to the original's scores, and to the model's own trace."""

import csv

import numpy as np
import pytest
import torch

from converters.columns import CENTER
from converters.errors import InputError
from converters.variants.changes import SubstitutionError, parse_variant
from pt_gmvp.analysis.coevolution.strength import coevolution
from pt_gmvp.analysis.explain.attention import explain, neighbourhood
from pt_gmvp.data.cutting import windows
from pt_gmvp.ensemble import load_models

PTEN = "ENST00000371953"


def test_the_score_is_the_original_s(explained, golden, assert_rounding):
    with open(golden / "PTEN_all_possible.tsv") as file:
        table = {row["var"]: float(row["gMVP"]) for row in csv.DictReader(file, delimiter="\t")}
    assert explained.probability == pytest.approx(table[f"{PTEN}_130_R_Q"], rel=1e-6)
    mean = np.mean([view.probability for view in explained.views])
    assert explained.probability == pytest.approx(mean, rel=1e-6)


def test_the_attention_is_the_model_s_and_sums_to_one(explained, ensemble, pten):
    feature, mask = windows(pten, [129])
    for view, model in zip(explained.views, load_models(ensemble).values(), strict=True):
        intermediates = model.trace(torch.tensor([14]), torch.tensor([13]), feature, mask)
        attention = intermediates["mha/attention"][0].detach().double().numpy()
        assert (view.attention == attention[:, :129]).all()
        assert (view.slot == attention[:, 129]).all()
        assert view.attention.sum(1) + view.slot == pytest.approx(1, abs=1e-5)
        assert (view.attention[:, CENTER] == 0).all()
        pairwise = intermediates["evol_encoder/pairwise"][0, :, -1].detach().double().numpy()
        assert (view.strength == pairwise).all()
    assert explained.attention.sum() + explained.slot == pytest.approx(1, abs=1e-5)
    assert explained.around.center not in explained.ranked
    assert len(explained.ranked) == 128
    assert (np.diff(explained.attention[explained.ranked]) <= 0).all()


@pytest.mark.parametrize(("position", "first", "last"), [(1, 1, 65), (10, 1, 74), (403, 339, 403)])
def test_at_the_protein_s_ends(small, pten, position, first, last):
    letter = "MTAIIKEIVS"[position - 1] if position <= 10 else "V"
    variant = parse_variant(f"{PTEN} {letter}{position}W")
    found = explain({"one": small()}, variant, pten)
    around = found.around
    assert (around.positions[0], around.positions[-1]) == (first, last)
    assert around.positions[around.center] == position
    assert around.residues[around.center] == letter
    assert found.attention.sum() + found.slot == pytest.approx(1, abs=1e-9)
    # What is beyond the protein has no attention: the shares of what is within make up the whole.
    assert found.attention.shape == found.strength.shape == around.positions.shape


@pytest.mark.parametrize("kind", ["fre", "inv_cov"])
def test_strength_that_the_model_has_not_is_computed_by_its_weights(small, pten, kind):
    variant = parse_variant(f"{PTEN} R130Q")
    model = small(seed=3, pairwise_type=kind)
    view = explain({"one": model}, variant, pten).views[0]
    assert (view.derived, view.norm) == (True, "released")
    twin = small(seed=3, pairwise_type="cov")
    twin.evol_encoder.load_state_dict(model.evol_encoder.state_dict())
    own = explain({"one": twin}, variant, pten).views[0]
    assert (own.derived, own.norm) == (False, "released")
    assert view.strength == pytest.approx(own.strength, rel=1e-9, abs=1e-12)


def test_the_norm_is_the_model_s(small, pten):
    variant = parse_variant(f"{PTEN} R130Q")
    model = small(pairwise_norm="paper", weighting_schema="none")
    view = explain({"one": model}, variant, pten).views[0]
    assert (view.norm, view.learned) == ("paper", False)
    assert (view.species == 1 / 200).all()
    codes = pten[65:194, 21:221].T.astype(np.int64)
    assert view.strength == pytest.approx(coevolution(codes, norm="paper")[CENTER], rel=1e-9)


def test_the_frequencies_are_weighed(explained, ensemble, pten):
    column = pten[129, 21:221].astype(np.int64)
    for view, model in zip(explained.views, load_models(ensemble).values(), strict=True):
        weights = model.evol_encoder.species_weights[0].softmax(0).detach().numpy()
        expected = np.bincount(column, weights, minlength=21)
        assert view.frequencies == pytest.approx(expected, abs=1e-6)
        assert view.species == pytest.approx(weights)


def test_models_with_other_numbers_of_heads_count_alike(small, pten):
    models = {"two": small(seed=1), "four": small(seed=2, num_heads=4)}
    found = explain(models, parse_variant(f"{PTEN} R130Q"), pten)
    two, four = (view.attention.mean(0) for view in found.views)
    assert found.attention == pytest.approx((two + four) / 2)


def test_the_fast_form_is_not_asked(small, pten):
    variant = parse_variant(f"{PTEN} R130Q")
    model = small()
    plain = explain({"one": model}, variant, pten)
    model.form = "fast"
    assert explain({"one": model}, variant, pten).probability == plain.probability


def test_what_cannot_be_explained(small, pten):
    for change, error, said in (
        ("K130Q", SubstitutionError, f"{PTEN} has R at 130, not K"),
        ("R404Q", SubstitutionError, "has 403 residues; there is no position 404"),
        ("R130R", InputError, "R130R does not change the residue"),
    ):
        with pytest.raises(error, match=said):
            explain({"one": small()}, parse_variant(f"{PTEN} {change}"), pten)


def test_features_beyond_float32_are_named(small, pten):
    broken = pten.copy()
    broken[120, 431] = np.finfo(np.float64).max
    with pytest.raises(InputError, match="the score by one is nan; check the features"):
        explain({"one": small().float()}, parse_variant(f"{PTEN} R130Q"), broken)


def test_attention_that_does_not_sum_to_one_is_refused(small, pten, monkeypatch):
    model = small()
    normalized = model.mha.normalized
    monkeypatch.setattr(model.mha, "normalized", lambda *given: normalized(*given) * 0.99)
    with pytest.raises(InputError, match=r"sums to 1 only within 0\.01"):
        explain({"one": model}, parse_variant(f"{PTEN} R130Q"), pten)


def test_unknown_residues_of_the_protein(small, pten):
    hidden = pten.copy()
    hidden[129, 0] = 20
    hidden[129, 421:424] = 0
    found = explain({"one": small()}, parse_variant(f"{PTEN} X130Q"), hidden)
    assert found.around.residues[found.around.center] == "*"
    assert found.around.structure[found.around.center] == ""
    assert 0 < found.probability < 1


def test_the_neighbourhood_is_the_features(pten):
    around = neighbourhood(pten, 130)
    assert (around.offsets == np.arange(-64, 65)).all()
    assert around.structure[0] == ("helix", "strand", "coil")[int(pten[65, 421:424].argmax())]
    assert (around.accessible == pten[65:194, 424]).all()
    assert (around.identity == pten[129, 221:421]).all()
    assert around.residue_of(0) == "R"
