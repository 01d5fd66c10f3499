"""A map out of a finalized table: what single nucleotides make, by the index where there is one."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.table import table_grid
from pt_gmvp.tables.finalize.columns import RANKED
from pt_gmvp.tables.lookup.table import _Scanned, _Tabixed
from tests.pt_gmvp.finalized_tables import PTEN, finalized

KINDS = ("table.tsv.gz", "table.tsv", "table.parquet")


@pytest.fixture(scope="module")
def folder(golden: Path, tmp_path_factory) -> Path:
    return finalized(golden, tmp_path_factory.mktemp("finalized"))


@pytest.fixture(scope="module")
def whole(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "table.tsv", sep="\t", dtype={"chrom": str})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", RANKED)
def test_each_score_is_the_mean_of_its_nucleotide_changes(folder, whole, pten_map, kind, column):
    grid = table_grid(folder / kind, PTEN, column)
    assert grid.transcript == PTEN
    assert grid.protein == pten_map.protein
    rows = whole[whole.transcript_id == PTEN]
    expected = np.full((20, grid.length), np.nan)
    for (position, alt), score in (
        rows.groupby(["protein_position", "alt_aa"])[column].mean().items()
    ):
        expected[AMINO_ACIDS.index(alt), position - 1] = score
    np.testing.assert_allclose(grid.scores, expected, rtol=1e-12)
    assert grid.missing.any()
    if column == "gMVP":
        there = ~np.isnan(expected)
        assert np.array_equal(grid.scores[there], pten_map.scores[there])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["PTEN", "pten", f"{PTEN}.8", "ENSG_PTEN"])
def test_a_gene_with_one_transcript_is_that_transcript(folder, kind, name):
    found = table_grid(folder / kind, name)
    assert (found.transcript, found.gene) == (PTEN, "PTEN")
    assert found.cut((1, 9)).gene == "PTEN"


def test_the_index_is_used(folder, monkeypatch):
    def scanned(*_: object) -> None:
        raise AssertionError("the whole table is read")

    monkeypatch.setattr(_Scanned, "_run", scanned)
    assert table_grid(folder / "table.tsv.gz", PTEN).length == 403
    monkeypatch.setattr(_Tabixed, "_lines", scanned)
    with pytest.raises(AssertionError, match="whole table"):
        table_grid(folder / "table.tsv.gz", PTEN)


def test_what_should_be_known_of_the_table_is_told(folder, tmp_path):
    shutil.copy(folder / "table.parquet", tmp_path)
    notes: list[str] = []
    assert table_grid(tmp_path / "table.parquet", PTEN, note=notes.append).length == 403
    assert notes == [
        "table.parquet.genes.tsv is missing, "
        "so the whole table was read; gmvp finalize writes that file"
    ]


def test_what_is_refused(folder, tmp_path):
    path = folder / "table.tsv.gz"
    with pytest.raises(
        InputError, match="no scores of ENST00000371593; did you mean ENST000003719"
    ):
        table_grid(path, "ENST00000371593")
    with pytest.raises(
        InputError, match=r"has no score named pos; expected gMVP, gMVP_normalized,"
    ):
        table_grid(path, PTEN, "pos")
    text = (folder / "table.tsv").read_text()
    (tmp_path / "two.tsv").write_text(text.replace("HLA-A", "PTEN"))
    with pytest.raises(InputError, match=f"PTEN has several transcripts; give {PTEN} or NM_002116"):
        table_grid(tmp_path / "two.tsv", "PTEN")
    # The same substitution by two nucleotides, as of two runs.
    lines = text.splitlines()
    names = lines[0].split("\t")
    rows = [dict(zip(names, line.split("\t"), strict=True)) for line in lines[1:]]
    change = ("transcript_id", "protein_position", "alt_aa")
    seen: set[tuple[str, ...]] = set()
    for row in rows:
        key = tuple(row[name] for name in change)
        if key in seen:
            row["gMVP"] = "0.999"
            break
        seen.add(key)
    body = ["\t".join(row.values()) for row in rows]
    (tmp_path / "runs.tsv").write_text("\n".join([lines[0], *body]) + "\n")
    with pytest.raises(InputError, match=r"has two scores, .* and 0\.999; expected one"):
        table_grid(tmp_path / "runs.tsv", PTEN)
