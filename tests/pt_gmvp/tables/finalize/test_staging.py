"""Reading of both tables, and the row and reason of what is wrong in them."""

import gzip
import os

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.tables.finalize.staging import change_code, change_name
from tests.pt_gmvp.genomic_tables import FINAL
from tests.pt_gmvp.tables.finalize.finalizing import finalized, read


def test_empty_annotations_and_further_columns_stay_harmless(tmp_path, tables):
    scores, genomic = tables
    lines = [line.split("\t") for line in genomic.read_text().splitlines()]
    at = lines[0].index("gene_symbol")
    for line in lines[1:]:
        line[at] = ""
    text = "\n".join("\t".join([*line, "more"]) for line in lines)
    genomic.write_text(f"\ufeff#{text}\r\n".replace("\n", "\r\n").replace("\r\r", "\r"))
    finalized(tmp_path, scores, genomic)
    table = read(tmp_path / "out.tsv")
    assert list(table.columns) == FINAL
    assert table.gene_symbol.isna().all()
    assert len(table) == len(lines) - 1


SPOILED = [
    ("s", "ENST1_2_R_Q", "ENST1_R2Q", "s.tsv: row {row}: var ENST1_R2Q; expected <transcript>_<po"),
    ("s", "ENST1_2_R_Q", "ENST1_02_R_Q", "row {row}: var ENST1_02_R_Q; expected <transcript>_"),
    ("s", "ENST1_2_R_Q", "ENST1_5000000_R_Q", "row {row}: var ENST1_5000000_R_Q; expected <trans"),
    ("s", "ENST1_2_R_Q", "", "row {row}: var (nothing); expected <transcript>"),
    ("s", "var\tgMVP", "var\tscore", "s.tsv: no column gMVP; expected a table of scores with var"),
    ("s", "var\tgMVP", "var\tgMVP\tgMVP", "s.tsv: two columns are named gMVP"),
    ("g", "chr9\t500\t", "\t500\t", "g.tsv: row {row}: chrom (nothing); expected a value"),
    ("g", "chr9\t500\t", "chr9\t500.5\t", "g.tsv: row {row}: pos 500.5; expected a whole number"),
    ("g", "chr9\t500\t", "chr9\t0\t", "row {row}: pos 0; expected a whole number from 1 to 53"),
    ("g", "\tENST3\t1\tM\t", "\tENST3\tone\tM\t", "row {row}: protein_position one; expected a"),
    ("g", "\tENST3\t1\tM\t", "\tENST3\t1\tMet\t", "row {row}: ref_aa Met; expected one letter"),
    ("g", "\tENST3\t1\tM\t", "\tENST3\t1\t\t", "row {row}: ref_aa (nothing); expected one letter"),
    ("g", "chr9\t500\t", "chr9\t500\tx\t", "g.tsv: line {line}: 14 columns; the header has 13"),
    ("g", "chrom\t", "contig\t", "g.tsv: no column chrom; expected a genomic table with chrom"),
]  # fmt: skip


@pytest.mark.parametrize(("which", "old", "new", "said"), SPOILED)
def test_what_is_wrong_is_said_with_its_row(tmp_path, tables, which, old, new, said):
    path = dict(zip("sg", tables, strict=True))[which]
    lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if old in line)
    lines[at] = lines[at].replace(old, new)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as error:
        finalized(tmp_path, *tables)
    assert said.format(row=at, line=at + 1) in str(error.value)
    assert "\n" not in str(error.value)
    assert sorted(os.listdir(tmp_path)) == ["g.tsv", "s.tsv"]


@pytest.mark.parametrize("score", ["nan", "-0.1", "1.1", "inf", "", "high"])
def test_a_score_is_between_0_and_1(tmp_path, tables, score):
    with open(tables[0], "a") as file:
        file.write(f"ENST9_1_M_V\t{score}\n")
    row = len(tables[0].read_text().splitlines()) - 1
    with pytest.raises(InputError) as error:
        finalized(tmp_path, *tables)
    assert str(error.value).endswith(
        f"s.tsv: row {row}: gMVP {score or '(nothing)'} of ENST9_1_M_V; expected a number between"
        " 0 and 1"
    )


def test_empty_files_and_headers_alone(tmp_path, tables):
    for path in tables:
        whole = path.read_text()
        path.write_text("")
        with pytest.raises(InputError, match=f"{path.name}: is empty; expected a header"):
            finalized(tmp_path, *tables)
        path.write_text(whole.splitlines()[0] + "\n")
        with pytest.raises(InputError, match=f"{path.name}: contains a header but no rows"):
            finalized(tmp_path, *tables)
        path.write_text(whole)


def test_broken_gzip_parquet_and_other_text(tmp_path, tables):
    scores, genomic = tables
    whole = scores.read_bytes()
    spoiled = {
        gzip.compress(whole)[:-20]: "s.tsv",
        b"PAR1" + b"0" * 50: "s.tsv: not a complete parquet file",
        b"\xff\xfe" + whole: "s.tsv: the first line is not text",
        whole + b"ENST9_1_M_\xff\t0.5\n": "s.tsv, line .*: byte 0xff is not UTF-8 text",
    }
    for data, said in spoiled.items():
        scores.write_bytes(data)
        with pytest.raises((InputError, OSError), match=said) as error:
            finalized(tmp_path, scores, genomic)
        assert "\n" not in str(error.value)


def test_tabs_inside_of_a_parquet_s_values_are_refused(tmp_path, tables):
    import duckdb

    parquet = tmp_path / "g.parquet"
    duckdb.sql(
        f"COPY (SELECT * REPLACE (gene_id || chr(9) AS gene_id)"
        f" FROM read_csv('{tables[1]}', delim = '\t')) TO '{parquet}'"
    )
    with pytest.raises(InputError, match="row 1: gene_id 'ENSG_PTEN\t'; expected text without"):
        finalized(tmp_path, tables[0], parquet)


letters = st.sampled_from([*AMINO_ACIDS, "*"])


@given(st.lists(st.tuples(st.integers(1, 2**22 - 1), letters, letters), min_size=1, max_size=20))
def test_a_code_is_read_back_and_is_that_of_one_change_alone(changes):
    rows = ", ".join(f"({position}, '{ref}', '{alt}')" for position, ref, alt in changes)
    codes = [
        code
        for (code,) in duckdb.sql(
            f"SELECT {change_code('p', 'r', 'a')} FROM (VALUES {rows}) AS t(p, r, a)"
        ).fetchall()
    ]
    assert [change_name("T_1", code) for code in codes] == [
        f"T_1_{position}_{ref}_{alt}" for position, ref, alt in changes
    ]
    assert max(codes) < 2**32
