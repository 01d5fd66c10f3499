"""Scoring on the spot: as the original's program does, in parts or at once."""

import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.analysis.heatmap import scored
from pt_gmvp.analysis.heatmap.scored import scored_grid
from pt_gmvp.data import MatrixError
from tests.pt_gmvp.plain_scores import score_substitutions

PTEN = "ENST00000371953"


def test_a_part_has_the_whole_s_scores(small, pten, monkeypatch):
    protein = pten[:90]
    model = small()
    # The plain form, which the original's scores are held to; in float64 the engine is as good.
    whole = score_substitutions([model], protein).numpy().T
    monkeypatch.setattr(scored, "_AT_ONCE", 50)
    steps = []
    grid = scored_grid({"one": model}, PTEN, protein, advance=steps.append)
    assert steps == [50, 40]
    assert grid.scores == pytest.approx(whole, rel=1e-12)
    assert grid.protein.startswith("MTAIIKEIVS")
    for region in ((1, 2), (70, 74), (90, 90)):
        part = scored_grid({"one": model}, PTEN, protein, region)
        assert (part.first, part.last) == region
        assert part.scores == pytest.approx(whole[:, region[0] - 1 : region[1]], rel=1e-12)


def test_it_is_the_mean_of_models(small, pten):
    models = {"a": small(seed=1), "b": small(seed=2)}
    both = scored_grid(models, PTEN, pten, (5, 6)).scores
    each = [scored_grid({name: one}, PTEN, pten, (5, 6)).scores for name, one in models.items()]
    assert both == pytest.approx(np.mean(each, 0))


def test_what_cannot_be_scored(small, pten):
    with pytest.raises(InputError, match="has positions 1 to 403"):
        scored_grid({"one": small()}, PTEN, pten, (400, 500))
    broken = pten.copy()
    broken[200, 431] = np.finfo(np.float64).max
    with pytest.raises(MatrixError, match=r"ENST00000371953: .*finite"):
        scored_grid({"one": small().float()}, PTEN, broken, (130, 140))
    model = small()
    model.logit.bias.data[:] = np.nan
    with pytest.raises(InputError, match="the scores at position 130 are not finite"):
        scored_grid({"one": model}, PTEN, pten, (130, 140))
