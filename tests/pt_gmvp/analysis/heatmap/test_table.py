"""A map out of a table: the same from every format, its gaps kept, what is no table refused."""

import csv
import gzip

import duckdb
import numpy as np
import pysam
import pytest

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.table import table_grid
from pt_gmvp.data.transcripts import protein_of

PTEN = "ENST00000371953"


def test_the_map_is_the_original_s_table(pten_map, golden, pten):
    assert pten_map.scores.shape == (20, 403)
    assert pten_map.protein == protein_of(pten)
    assert not pten_map.missing.any()
    assert (pten_map.wild_type.sum(0) == 1).all()
    with open(golden / "PTEN_all_possible.tsv") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            _, position, ref, alt = row["var"].split("_")
            assert pten_map.protein[int(position) - 1] == ref
            assert pten_map.scores[AMINO_ACIDS.index(alt), int(position) - 1] == float(row["gMVP"])


def test_every_format_gives_the_same(write_table, tmp_path):
    path = write_table("MKV")
    expected = table_grid(path, "T")
    (tmp_path / "two.tsv.gz").write_bytes(
        gzip.compress(path.read_bytes()[:700]) + gzip.compress(path.read_bytes()[700:])
    )
    pysam.tabix_compress(str(path), str(tmp_path / "bg.tsv.gz"))
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{path}', delim='\t')) TO '{tmp_path / 't.parquet'}'")
    (tmp_path / "crlf.tsv").write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (tmp_path / "it's [a] table.tsv").write_bytes(path.read_bytes())
    for name in ("two.tsv.gz", "bg.tsv.gz", "t.parquet", "crlf.tsv", "it's [a] table.tsv"):
        found = table_grid(tmp_path / name, "T")
        assert found.protein == expected.protein
        assert np.array_equal(found.scores, expected.scores)


def test_what_is_left_out_is_missing_and_the_own_residue_is_not(write_table):
    left_out = ("T_1_M_A", "T_2_K_K", *(f"T_3_V_{alt}" for alt in AMINO_ACIDS))
    grid = table_grid(write_table("MKVC", leave_out=left_out), "T")
    assert grid.protein == "MK*C"
    assert grid.missing.sum() == 1 + 20
    assert grid.missing[AMINO_ACIDS.index("A"), 0]
    assert np.isnan(grid.means[2])
    others = [grid.scores[row, 1] for row, letter in enumerate(AMINO_ACIDS) if letter != "K"]
    assert grid.means[1] == pytest.approx(np.mean(others))


def test_only_the_transcript_that_was_asked_for(write_table, tmp_path):
    parts = [
        write_table(protein, name, name=f"{name}.tsv").read_text().splitlines()
        for protein, name in (("MK", "T_1"), ("MKV", "T_1_2"), ("M", "T_11"), ("ACD", "T"))
    ]
    (tmp_path / "all.tsv").write_text("\n".join([parts[0][0], *(r for p in parts for r in p[1:])]))
    for name, protein in (("T_1", "MK"), ("T_1_2", "MKV"), ("T_11", "M"), ("T", "ACD")):
        assert table_grid(tmp_path / "all.tsv", name).protein == protein


def test_other_columns_and_empty_scores(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("gene\tvar\trank\tgMVP\nG\tT_1_M_A\t0.5\tNA\nG\tT_1_M_C\t\t0.25\n")
    grid = table_grid(path, "T")
    assert np.isnan(grid.scores[0, 0])
    assert grid.scores[1, 0] == 0.25
    assert table_grid(path, "T", "rank").scores[0, 0] == 0.5


def test_names_with_a_version(write_table):
    path = write_table("MK", "ENST00000371953")
    assert table_grid(path, "ENST00000371953.8").transcript == "ENST00000371953"
    with pytest.raises(InputError, match="no scores of ENST00000371593; did you mean ENST000"):
        table_grid(path, "ENST00000371593")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; expected a header line"),
        (
            "hello\n",
            "no column var; expected a table of scores with var, gMVP, separated by tabs; it",
        ),
        ("var\tscore\nT_1_M_A\t0.5\n", "no column gMVP; expected a table of scores with var, gM"),
        ("var\tgMVP\t\nT_1_M_A\t0.5\t\n", "a column has no name"),
        ("var\tgMVP\tvar\nT_1_M_A\t0.5\t\n", "two columns are named var"),
        ("var\tgMVP\nT_1_M_A\t0.5\t9\n", "line 2: 3 columns; the header has 2"),
        ("var\tgMVP\nT_1_M_A\n", "line 2: 1 columns; the header has 2"),
        ("var\tgMVP\nT_1_M_A\thigh\n", "the score of T_1_M_A is 'high'; expected a number"),
        ("var\tgMVP\nT_1_M_A\t1.5\n", "the score of T_1_M_A is 1.5; expected 0 to 1"),
        ("var\tgMVP\nT_0_M_A\t0.5\n", "no protein has position 0"),
        ("var\tgMVP\nT_999999_M_A\t0.5\n", "no protein has position 999999"),
        ("var\tgMVP\nT_1_M_B\t0.5\n", "'T_1_M_B' is not a substitution"),
        ("var\tgMVP\nT_1_M_A\t0.5\nT_1_K_C\t0.5\n", "T has both M and K at position 1"),
        ("var\tgMVP\nT_1_M_A\t0.5\nT_1_M_A\t0.6\n", "T_1_M_A has two scores, 0.5 and 0.6"),
        ("var\tgMVP\n", "no scores of T; there are none for any transcript"),
    ],
)
def test_what_is_no_table_of_scores(tmp_path, text, said):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(InputError) as raised:
        table_grid(path, "T")
    assert said in str(raised.value)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["t.tsv.gz", "t.parquet"])
def test_damaged_files(tmp_path, write_table, name):
    path = write_table("MKVCE")
    if name == "t.parquet":
        duckdb.sql(f"COPY (SELECT * FROM read_csv('{path}')) TO '{tmp_path / name}'")
    else:
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"not a complete (gzip|parquet) file"):
        table_grid(tmp_path / name, "T")
    with pytest.raises(FileNotFoundError):
        table_grid(tmp_path / "none.tsv", "T")
