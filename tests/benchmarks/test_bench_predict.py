"""What the benchmark of given variants draws is what it says, and both sides score it."""

from pathlib import Path

import pytest

from benchmarks.answering import asking
from benchmarks.bench_predict import draw_matrices, write_variants
from benchmarks.scoring_given import draw_ensemble


@pytest.mark.slow
def test_both_sides_score_the_same_variants(tmp_path: Path) -> None:
    proteins = draw_matrices(tmp_path / "features", 10)
    assert {len(protein) for protein in proteins} == {400}
    assert proteins[0] == proteins[8] != proteins[1]
    assert write_variants(tmp_path / "v.tsv", proteins[:2], 3, 2) == 12
    (model,) = draw_ensemble(tmp_path, 8, 1).models
    given = (1, tmp_path / "v.tsv", tmp_path / "features", model)
    answers = []
    for side in ("network", "engine"):
        with asking("benchmarks.predict_process", side, *given) as ask:
            answers.append(ask("score").answer)
    assert answers[0] == pytest.approx(answers[1], abs=1e-6)
    assert 0 < answers[0] < 1
