"""Reading of finalized tables: remarks on slow ones, and what is damaged."""

import gzip
import os
import shutil

import pandas as pd
import pysam
import pytest

from converters.errors import InputError
from pt_gmvp.tables.lookup import answer, open_table, parse

KINDS = ("table.tsv.gz", "table.tsv", "table.parquet")


def ask(table, *words):
    (query,) = parse(words)
    return answer(table, query)


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
    with pytest.raises(InputError, match="not a gene index; run gmvp finalize again"):
        ask(open_table(tmp_path / "table.tsv.gz"), "PTEN 130")
    (tmp_path / "table.tsv.gz.genes.tsv").write_bytes(b"\xff\xfe\n")
    with pytest.raises(InputError, match="not a gene index; run gmvp finalize again"):
        ask(open_table(tmp_path / "table.tsv.gz"), "PTEN 130")
    header = (folder / "table.tsv.gz.genes.tsv").read_text().splitlines()[0]
    (tmp_path / "table.tsv.gz.genes.tsv").write_text(f"{header}\nPTEN\t1\n")
    with pytest.raises(InputError, match="damaged; run gmvp finalize again to write it"):
        ask(open_table(tmp_path / "table.tsv.gz"), "PTEN 130")
    (tmp_path / "table.tsv.gz.tbi").write_bytes(b"none")
    with pytest.raises(
        InputError,
        match=r"tbi: is not an index of table.tsv.gz \(it is not compressed by bgzip\)",
    ):
        open_table(tmp_path / "table.tsv.gz")


def test_a_table_that_breaks_off_is_refused(folder, tmp_path):
    for name in ("table.tsv.gz", "table.tsv.gz.tbi", "table.tsv.gz.genes.tsv"):
        shutil.copy(folder / name, tmp_path)
    path = tmp_path / "table.tsv.gz"
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(InputError, match=r"table.tsv.gz: truncated; copy it again"):
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


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_a_range_a_transcript_and_a_position(folder, kind):
    table = open_table(folder / kind)
    whole = pd.read_csv(folder / "table.tsv", sep="\t", dtype=str)
    place = whole.pos.astype(int)
    for rows, chosen in (
        (table.rows("10", 1001, 1003), whole[(whole.chrom == "10") & (place <= 1003)]),
        (table.rows("X", 1, 10**6, "NM_002116.8"), whole[whole.chrom == "X"]),
        (
            table.rows("10", 1, 10**6, "ENST00000371953", 2),
            whole[(whole.chrom == "10") & (whole.protein_position == "2")],
        ),
    ):
        assert len(chosen)
        assert list(rows) == chosen.to_dict("records")
    assert list(table.rows("10", 1, 10**6, "ENST0000037195")) == []
    assert list(table.rows("7", 1, 10**6)) == []
    assert table.chromosomes == ["10", "X"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_gives_the_spans_of_the_gene_index(folder, tmp_path, kind):
    shutil.copy(folder / kind, tmp_path)
    assert sorted(open_table(tmp_path / kind).spans) == sorted(open_table(folder / kind).spans)


def _rewritten(folder, tmp_path, change):
    """Write the table again with its index, each row changed by a function."""
    path = tmp_path / "table.tsv.gz"
    with gzip.open(folder / "table.tsv.gz", "rt") as file:
        header, *rows = file.read().splitlines()
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(("\n".join([header, *map(change, rows)]) + "\n").encode())
    pysam.tabix_index(
        str(path), seq_col=0, start_col=1, end_col=1, meta_char="#", index=f"{path}.tbi"
    )
    shutil.copy(folder / "table.tsv.gz.genes.tsv", tmp_path)
    return open_table(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.rpartition("\t")[0], "(a row has 16 columns); run gmvp finalize again"),
        (lambda row: row + "\tx", "(a row has 18 columns); run gmvp finalize again"),
        (lambda row: row + ".5", "gMVP_normalized_rankscore is '"),
    ],
)
def test_a_row_that_finalize_never_writes_is_refused(folder, tmp_path, change, message):
    table = _rewritten(folder, tmp_path, change)
    with pytest.raises(InputError) as caught:
        ask(table, "PTEN 130")
    assert str(tmp_path / "table.tsv.gz") in str(caught.value)
    assert message in str(caught.value)


def test_a_control_character_is_refused_in_any_table(folder, tmp_path):
    """Tabix itself makes no index of such a table."""
    text = (folder / "table.tsv").read_text().replace("PTEN\t", "PT\x1b[2J\t")
    (tmp_path / "table.tsv").write_text(text)
    with pytest.raises(InputError, match=r"gene_symbol is 'PT\\x1b\[2J' in the row of"):
        ask(open_table(tmp_path / "table.tsv"), "10-1001-A-G")
