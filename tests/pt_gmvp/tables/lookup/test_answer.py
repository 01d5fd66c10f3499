"""What a finalized table says, and what it says is there instead."""

import os
import shutil

import pandas as pd
import pytest

from converters.errors import InputError
from pt_gmvp.tables.lookup import answer, open_table, parse

KINDS = ("table.tsv.gz", "table.tsv", "table.parquet")


@pytest.fixture(params=KINDS)
def table(request, folder):
    return open_table(folder / request.param)


def ask(table, *words):
    (query,) = parse(words)
    return answer(table, query)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("PTEN R130G", {"gene_symbol": "PTEN", "protein_position": 130, "alt_aa": "G"}),
        ("pten 130", {"gene_symbol": "PTEN", "protein_position": 130}),
        ("ENST00000371953.8:p.Arg130Gly", {"protein_position": 130, "alt_aa": "G"}),
        ("ENSG_PTEN 1", {"gene_symbol": "PTEN", "protein_position": 1}),
        ("NM_002116.8:p.R2G", {"transcript_id": "NM_002116.8", "alt_aa": "G"}),
        ("NM_002116 M1", {"transcript_id": "NM_002116.8", "protein_position": 1}),
        ("HLA-A 2", {"gene_symbol": "HLA-A", "protein_position": 2}),
        ("10-1001-A-G", {"chrom": "10", "pos": 1001, "alt": "G"}),
        ("chr10:1001", {"chrom": "10", "pos": 1001}),
        ("chrX 500 A G", {"chrom": "X", "pos": 500, "alt": "G"}),
    ],
)
def test_the_rows_that_are_asked_for(table, folder, text, wanted):
    whole = pd.read_csv(folder / "table.tsv", sep="\t", dtype=str)
    for column, value in wanted.items():
        whole = whole[whole[column] == str(value)]
    assert len(whole)
    assert ask(table, text).rows == whole.to_dict("records")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PTN 130", "no gene or transcript PTN in {path}; did you mean PTEN?"),
        ("BRCA2 130", "no gene or transcript BRCA2 in {path}; there are 6 genes and transcripts: "),
        ("PTEN X130Q", "PTEN has R at 130, not X; in the table: R130 to G, I, K, S, T"),
        ("PTEN R130=", "PTEN has no row for R130R, which keeps the residue; in the table: R130 to"),
        ("ENST00000371954:p.R1A", "did you mean ENST00000371953?"),
        ("PTEN K130Q", "PTEN has R at 130, not K; in the table: R130 to G, I, K, S, T"),
        ("PTEN R130W", "PTEN has no row for R130W, which may need more than one nucleotide; in"),
        ("PTEN 404", "PTEN has no position 404; its last position in the table is 403"),
        ("X-500-A-C", None),
        ("X-500-G-C", "no row for G>C at X:500, whose reference is A; in the table: A>C, A>G, A>T"),
        ("X-507-A-G", "no row at X:507; the nearest is X:504 (HLA-A)"),
        (
            "X-90000-A-G",
            "no row within 1000 nucleotides of X:90000; is it another genome assembly?",
        ),
        ("7-1-A-G", "no chromosome 7 in {path}; it has 10, X"),
    ],
)
def test_what_is_there_instead(table, text, said):
    found = ask(table, text)
    if said is None:
        assert found.rows
        assert not found.instead
        return
    assert not found.rows
    assert said.format(path=table.path) in found.instead
    assert "\n" not in found.instead


def test_how_to_make_it_quick_is_noted(folder, tmp_path):
    for name in KINDS:
        shutil.copy(folder / name, tmp_path)
    shutil.copy(folder / "table.tsv.gz.tbi", tmp_path)
    wanted = [row["pos"] for row in ask(open_table(folder / KINDS[0]), "PTEN 130").rows]
    for name, notes in zip(KINDS, (1, 2, 1), strict=True):
        table = open_table(tmp_path / name)
        assert [row["pos"] for row in ask(table, "PTEN 130").rows] == wanted
        assert len(table.notes) == notes
        assert f"{name}.genes.tsv is missing, so the whole table was read" in table.notes[-1]
    (tmp_path / "table.tsv.gz.tbi").unlink()
    table = open_table(tmp_path / "table.tsv.gz")
    assert ask(table, "10-1001-A-G").rows
    assert "table.tsv.gz has no tabix index and is read whole" in table.notes[0]


def test_an_index_that_is_older_is_told(folder, tmp_path):
    for name in ("table.parquet", "table.parquet.genes.tsv"):
        shutil.copy(folder / name, tmp_path)
    os.utime(tmp_path / "table.parquet.genes.tsv", (1, 1))
    table = open_table(tmp_path / "table.parquet")
    assert ask(table, "PTEN 130").rows
    assert "table.parquet.genes.tsv is older than the table" in table.notes[0]


def test_what_is_no_finalized_table_is_refused(folder, tmp_path):
    with pytest.raises(
        InputError, match=r"genomic.tsv: no column gMVP; expected a finalized table"
    ):
        open_table(folder / "genomic.tsv")
    for name in ("table.tsv.gz", "table.tsv.gz.tbi", "table.tsv.gz.genes.tsv"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "table.tsv.gz.genes.tsv").write_text("gene\n")
    with pytest.raises(InputError, match="is not a gene index; run gmvp finalize again"):
        ask(open_table(tmp_path / "table.tsv.gz"), "PTEN 130")
    (tmp_path / "table.tsv.gz.genes.tsv").write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError, match="is not a gene index; run gmvp finalize again"):
        ask(open_table(tmp_path / "table.tsv.gz"), "PTEN 130")
    header = (folder / "table.tsv.gz.genes.tsv").read_text().splitlines()[0]
    (tmp_path / "table.tsv.gz.genes.tsv").write_text(f"{header}\nPTEN\t1\n")
    with pytest.raises(InputError, match="is damaged; run gmvp finalize again"):
        ask(open_table(tmp_path / "table.tsv.gz"), "PTEN 130")
    (tmp_path / "table.tsv.gz.tbi").write_bytes(b"none")
    with pytest.raises(
        InputError, match=r"tbi: is not an index of table.tsv.gz; make it again with"
    ):
        open_table(tmp_path / "table.tsv.gz")


def test_a_table_that_breaks_off_is_refused(folder, tmp_path):
    for name in ("table.tsv.gz", "table.tsv.gz.tbi", "table.tsv.gz.genes.tsv"):
        shutil.copy(folder / name, tmp_path)
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(InputError, match=r"table.tsv.gz: is cut short"):
        ask(open_table(path), "HLA-A 2")


def test_a_table_with_a_damaged_block_is_refused(folder, tmp_path):
    for name in ("table.tsv.gz", "table.tsv.gz.tbi", "table.tsv.gz.genes.tsv"):
        shutil.copy(folder / name, tmp_path)
    path = tmp_path / "table.tsv.gz"
    data = bytearray(path.read_bytes())
    data[-2000:-1000] = bytes(1000)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"table.tsv.gz: is damaged near X:500"):
        ask(open_table(path), "HLA-A 2")
