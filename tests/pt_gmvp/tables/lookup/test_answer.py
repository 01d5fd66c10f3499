"""What a finalized table says, and what it says is there instead."""

import pandas as pd
import pytest

from pt_gmvp.tables.lookup import answer, answer_all, open_table, parse

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
        ("P60484 130", "no gene or transcript P60484 in {path}; it looks like UniProt: --list "),
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


def test_many_are_answered_in_one_pass_as_one_by_one(folder, monkeypatch):
    words = ["PTEN R130G", "PTEN 130", "10-1001-A-G", "chrX:500", "PTEN X130Q", "NOGENE 3"]
    words += ["10-1001-A-G", "HLA-A 2", "9:5", "10:4999"]
    for kind in KINDS:
        table = open_table(folder / kind)
        queries = parse(words)
        one_by_one = [answer(table, query) for query in queries]
        gathered = open_table(folder / kind)
        # Nothing is read for each query.
        monkeypatch.setattr(gathered._reader, "rows", None)
        together = answer_all(gathered, queries[:4])
        assert [one.rows for one in together] == [one.rows for one in one_by_one[:4]]
        assert answer_all(open_table(folder / kind), queries) == one_by_one


def test_similar_names_are_only_searched_for_the_first_unknown_genes(folder):
    table = open_table(folder / KINDS[0])
    answers = answer_all(table, parse([f"NOGENE{number} 5" for number in range(30)]))
    said = ["; " in one.instead for one in answers]
    assert said == [True] * 20 + [False] * 10
    # The same name is suggested for again.
    assert "; " in answer(table, answers[3].query).instead
