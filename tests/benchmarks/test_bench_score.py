"""The benchmark of scoring: its arithmetic, data for both programs, and the engine's process."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.answering import asking
from benchmarks.bench_score import dense, ratios
from benchmarks.scoring_given import draw_ensemble, draw_proteins
from benchmarks.scoring_parts import FEW, MORE, Long, Warm, Whole
from pt_gmvp.model import GMVP
from tests.pt_gmvp.plain_scores import score_substitutions


def test_the_dense_form_has_the_multiply_adds_it_is_said_to_have():
    assert dense(512) == pytest.approx(79e6, rel=0.01)


def test_a_whole_run_of_the_reference_follows_from_two_parts():
    each = 0.2
    whole = Whole(few=5.0, more=5 + each * (MORE - FEW), engine=8.0, residues=FEW + 4000)
    assert whole.reference == pytest.approx(5 + each * 4000)
    assert ratios({"whole": {(32, 2): whole}}) == {
        "score_whole_32_2_engine_over_tensorflow": pytest.approx(805 / 8)
    }


def test_ratios_are_of_residues_and_models():
    warm = Warm(2.0, 300.0, 200.0, 100e9, 50e6, (1000.0, 500.0))
    found = ratios({"warm": {(512, 2): warm}, "titin": {(512, 2): Long(300.0, 1000.0)}})
    assert found["score_warm_512_2_engine_over_tensorflow"] == 150
    assert found["score_warm_512_2_own_products_over_matrix_product"] == pytest.approx(0.3)
    assert found["score_titin_512_2_memory_over_2GB"] == 0.5


@pytest.mark.slow
def test_the_engines_process_scores_what_was_drawn(tmp_path: Path):
    ensemble = draw_ensemble(tmp_path, 8, 2)
    lengths = draw_proteins(tmp_path / "proteins", 1)
    protein = tmp_path / "proteins" / "P0.npy"
    matrix = np.load(protein)
    assert lengths == {"P0": len(matrix)}
    with asking("benchmarks.scoring_process", "engine", protein, 1, *ensemble.models) as ask:
        scored, counted = ask("score"), ask("count")
    models = [GMVP.from_pretrained(folder) for folder in ensemble.models]
    # The reference's 512 variants: from residue 150 on, with windows of their own.
    rows = score_substitutions(models, matrix)[150:]
    assert scored.answer == pytest.approx(rows.flatten()[:512].mean().item(), abs=1e-6)
    assert scored.peak_mb > 10
    assert 0 < counted.answer < dense(8)
