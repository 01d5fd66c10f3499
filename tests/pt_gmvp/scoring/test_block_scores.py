"""Blocks are scored by the engine as by the whole network, and what has no score is marked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from converters.features.files import load_matrix
from pt_gmvp.model import GMVP
from pt_gmvp.scoring import block_scores
from pt_gmvp.scoring.block_scores import (
    BEYOND,
    UNUSABLE,
    VariantScores,
    score_blocks,
    score_by_network,
    why_unusable,
)
from pt_gmvp.scoring.blocks import cut_blocks
from pt_gmvp.scoring.models import load_ensemble
from tests.pt_gmvp.scoring.test_blocks import rows_of

VARIANTS = [("T5", 2, "C"), ("T21", 7, "D"), ("T5", 6, "A"), ("T99", 1, "A"), ("T5", 2, "W")]


@pytest.fixture
def ensemble(models: list[Path]):
    return load_ensemble(models, torch.device("cpu"), "float32")


def scores_of(ensemble, features: Path) -> VariantScores:
    blocks, which = cut_blocks(rows_of(VARIANTS), features)
    found, done = VariantScores.of(blocks), []

    def keep(scores) -> None:
        found.add(blocks, scores.block, scores.residues, scores.scores)

    score_blocks(ensemble, blocks, range(len(blocks)), keep, done.append)
    assert sum(done) == len(VARIANTS)
    return VariantScores(found.residues[which], found.scores[which])


def test_what_has_no_score_is_marked(ensemble, few: Path) -> None:
    found = scores_of(ensemble, few)
    residue = int(load_matrix(few / "T5.npy")[1, 0])
    assert found.residues[[0, 2, 3, 4]].tolist() == [residue, BEYOND, UNUSABLE, residue]
    assert found.scores[2] == -5
    assert np.isnan(found.scores[3])
    assert ((found.scores[[0, 1, 4]] > 0) & (found.scores[[0, 1, 4]] < 1)).all()


def test_by_the_engine_and_by_the_network(ensemble, few: Path, monkeypatch) -> None:
    by_engine = scores_of(ensemble, few)
    monkeypatch.setattr(block_scores, "inverts_in_bf16", lambda ensemble: True)
    by_network = scores_of(ensemble, few)
    assert by_engine.residues.tolist() == by_network.residues.tolist()
    np.testing.assert_allclose(by_engine.scores, by_network.scores, rtol=2e-6)


def test_a_planted_difference_between_them_is_seen(
    ensemble, few: Path, small: Callable[..., GMVP], monkeypatch
) -> None:
    by_engine = scores_of(ensemble, few)
    other = ensemble._replace(models=[small(5, d_fc=8, d_model=8).float()])
    monkeypatch.setattr(block_scores, "inverts_in_bf16", lambda ensemble: True)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(by_engine.scores, scores_of(other, few).scores, rtol=2e-6)


def test_the_network_of_nothing(ensemble) -> None:
    assert score_by_network(ensemble, []).shape == (0,)


def test_why_a_matrix_cannot_be_used(ensemble, own_features: Path) -> None:
    path = own_features / "T5.npy"
    path.unlink()
    path.write_bytes(b"no array")
    found = scores_of(ensemble, own_features)
    assert found.residues[[0, 2, 4]].tolist() == [UNUSABLE] * 3
    blocks, _ = cut_blocks(rows_of(VARIANTS), own_features)
    file = blocks.files[blocks.transcripts.index("T5")]
    assert why_unusable(file).startswith(f"{path}: not a complete .npy file")
    path.unlink()
    assert why_unusable(file) == f"{path}: No such file or directory"
    np.save(path, load_matrix(own_features / "T3.npy"))
    assert "could not be read at first; run the same command again" in why_unusable(file)
