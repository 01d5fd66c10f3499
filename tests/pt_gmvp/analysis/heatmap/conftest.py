"""PTEN's map out of the original's table, and tables of small proteins."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.table import table_grid

PTEN = "ENST00000371953"


@pytest.fixture(scope="session")
def pten_map(golden) -> Grid:
    return table_grid(golden / "PTEN_all_possible.tsv", PTEN)


@pytest.fixture
def write_table(tmp_path) -> Callable[..., Path]:
    """Write a table of a protein's scores, without some rows: (file, grid)."""

    def write(protein: str, transcript: str = "T", leave_out: tuple[str, ...] = (), name="t.tsv"):
        rng = np.random.default_rng(7)
        lines = ["var\tgMVP"]
        for position, ref in enumerate(protein, 1):
            for alt in AMINO_ACIDS:
                var = f"{transcript}_{position}_{ref}_{alt}"
                score = float(np.float32(rng.random()))
                if var not in leave_out:
                    lines.append(f"{var}\t{score!r}")
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path / name

    return write
