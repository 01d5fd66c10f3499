"""Standard errors: against their definitions, and against how numbers really scatter."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from pt_gmvp.analysis.diagnosis import estimates

RANDOM = np.random.default_rng(0)


def drawn(number=60, shift=1.0, random=RANDOM):
    labels = (np.arange(number) % 2).astype(float)
    return labels, random.standard_normal(number) + shift * labels


def test_auroc_is_scikit_learns_and_its_error_delongs():
    labels, scores = drawn()
    scores = scores.round(1)  # with ties
    found = estimates.auroc(labels, scores)
    assert found.value == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    high, low = scores[labels == 1], scores[labels == 0]
    wins = (high[:, None] > low) + 0.5 * (high[:, None] == low)
    delong = wins.mean(1).var(ddof=1) / len(high) + wins.mean(0).var(ddof=1) / len(low)
    # DeLong divides each class' squares by one less than its number, ours both by their sum's.
    assert found.error == pytest.approx(math.sqrt(delong), rel=0.01)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_the_error_of_an_auroc_is_how_it_scatters(shift):
    random = np.random.default_rng(3)
    found = [estimates.auroc(*drawn(200, shift, random)) for _ in range(300)]
    scatter = np.std([each.value for each in found])
    assert np.mean([each.error for each in found]) == pytest.approx(scatter, rel=0.12)


def test_genes_that_resemble_one_another_widen_the_error():
    random = np.random.default_rng(4)
    genes = np.repeat(np.arange(20), 20)
    values, told = [], []
    for _ in range(200):
        effect = random.standard_normal(20)[genes]
        found = estimates.mean(effect + random.standard_normal(400), genes.tolist())
        values.append(found.value)
        told.append(found.error)
    assert np.mean(told) == pytest.approx(np.std(values), rel=0.15)
    alone = estimates.mean(effect + random.standard_normal(400))
    assert alone.error < 0.5 * np.std(values)


def test_a_difference_on_the_same_variants_is_surer_than_on_others():
    labels, scores = drawn(400)
    better = scores + 0.3 * labels
    found = estimates.auroc_difference(labels, better, scores)
    assert found.value == pytest.approx(
        roc_auc_score(labels, better) - roc_auc_score(labels, scores)
    )
    apart = estimates.auroc(labels, better).minus(estimates.auroc(labels, scores))
    assert found.error < apart.error / 3
    assert estimates.auroc_difference(labels, scores, scores) == (0.0, 0.0, 400)


def test_perfect_scores_are_not_without_an_error():
    labels, _ = drawn(20)
    found = estimates.auroc(labels, labels)
    assert found.value == 1
    assert 0.01 < found.error < 0.1


def test_chance_is_mann_and_whitneys():
    random = np.random.default_rng(5)
    labels, _ = drawn(50)
    scatter = np.std([roc_auc_score(labels, random.random(50)) for _ in range(500)])
    assert estimates.chance_error(labels) == pytest.approx(scatter, rel=0.1)
    blind = estimates.auroc(labels, random.random(50))
    assert not estimates.beyond_chance(labels, blind)
    assert estimates.beyond_chance(*(lambda d: (d[0], estimates.auroc(*d)))(drawn(200, 1.5)))


def test_within_genes_the_gene_is_no_help():
    genes = np.repeat(np.arange(10), 10)
    clusters = genes.tolist()
    random = np.random.default_rng(6)
    labels = (random.random(100) < np.where(genes % 2, 0.8, 0.2)).astype(float)
    assert estimates.auroc(labels, (genes % 2).astype(float)).value > 0.7
    found = estimates.auroc_within(labels, (genes % 2).astype(float), clusters)
    assert found.value == 0.5
    assert estimates.auroc_within(labels, labels, clusters).value == 1
    # One class a gene leaves no pair.
    assert (
        estimates.auroc_within((genes % 2).astype(float), random.random(100), clusters).variants
        == 0
    )


def test_what_is_not_defined_is_beyond_nothing():
    ones = np.ones(5)
    found = estimates.auroc(ones, ones)
    assert str(found) == "undefined"
    assert not found.above()
    assert not found.below()
    assert math.isnan(estimates.chance_error(ones))
    assert not estimates.beyond_chance(ones, found)


@given(st.integers(0, 2**32 - 1), st.integers(4, 60))
def test_order_does_not_matter(seed, number):
    random = np.random.default_rng(seed)
    labels = (np.arange(number) % 2).astype(float)
    scores, genes = random.random(number).round(1), random.integers(0, 5, number)
    order = random.permutation(number)
    for ask in (estimates.auroc, estimates.auroc_within):
        one, other = ask(labels, scores, genes), ask(labels[order], scores[order], genes[order])
        np.testing.assert_allclose(one, other, atol=1e-12)


@given(st.integers(1, 500))
def test_the_best_of_more_needs_more(number):
    assert estimates.sigmas_for(1) == pytest.approx(estimates.SIGMAS, abs=1e-3)
    assert estimates.sigmas_for(number + 1) > estimates.sigmas_for(number)
