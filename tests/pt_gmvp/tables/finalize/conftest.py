"""Scores and a genomic table of three transcripts."""

from pathlib import Path

import numpy as np
import pytest

from tests.pt_gmvp.genomic_tables import GENOMIC, gene, scores_of, write


@pytest.fixture
def tables(tmp_path) -> tuple[Path, Path]:
    """Scores and genomic table of two transcripts of one gene and one of another."""
    rows = [
        *gene("PTEN", "ENST1", "chr10", 1000, ["ATG", "CGA", "TGG", "GGC"]),
        *gene("PTEN", "ENST2", "chr10", 1003, ["CGA", "TGG"]),
        *gene("TP53", "ENST3", "chr9", 500, ["ATG", "GGC"]),
    ]
    scores = scores_of(rows, np.random.default_rng(1))
    return (
        write(tmp_path / "s.tsv", ["var", "gMVP"], scores),
        write(tmp_path / "g.tsv", GENOMIC, rows),
    )
