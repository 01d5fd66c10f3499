"""Names in the genomic table: which are refused, and which are one."""

import pytest

from converters.errors import InputError
from pt_gmvp.tables.finalize.names import bare_chromosome, unsafe
from tests.pt_gmvp.genomic_tables import GENOMIC
from tests.pt_gmvp.tables.finalize.finalizing import finalized, read


def _changed(path, column, value, row=2):
    """Write another value into a row of the genomic table, from 1."""
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    lines[row][GENOMIC.index(column)] = value
    path.write_text("\n".join("\t".join(line) for line in lines) + "\n")


@pytest.mark.parametrize(
    ("column", "value", "shown", "expected"),
    [
        ("gene_symbol", "P\x1b[31mTEN", r"P\x1b[31mTEN", "text without control characters"),
        ("context", "G\x07G", r"G\x07G", "text without control characters"),
        ("gene_id", "E\x9b2J", r"E\x9b2J", "text without control characters"),
        ("gene_symbol", "=HYPERLINK()", "=HYPERLINK()", "a name that does not begin like a form"),
        ("transcript_id", "@SUM(1)", "@SUM(1)", "a name that does not begin like a formula"),
        ("gene_id", "-1+1", "-1+1", "a name that does not begin like a formula"),
        ("chrom", "#10", "#10", "a chromosome's name, one word that does not begin with #"),
        ("chrom", "chr 10", "chr 10", "a chromosome's name, one word"),
    ],
)
def test_an_unsafe_name_is_refused_by_row_and_column(
    tmp_path, tables, column, value, shown, expected
):
    scores, genomic = tables
    _changed(genomic, column, value)
    with pytest.raises(InputError) as caught:
        finalized(tmp_path, scores, genomic)
    assert str(caught.value).startswith(
        f"{genomic}: row 2: {column} '{shown}'; expected {expected}"
    )
    assert not (tmp_path / "out.tsv").exists()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gene_symbol", "-"),
        ("gene_symbol", "HLA-DRB1"),
        ("gene_symbol", "Ünïcode"),
        ("chrom", "HLA*01:01"),
        ("context", "+"),
    ],
)
def test_a_name_that_is_only_unusual_stays(column, value):
    assert unsafe(column, value) == ""


@pytest.mark.parametrize("other", ["10", "Chr10", "CHR10"])
def test_a_chromosome_under_two_names_is_one(tmp_path, tables, other):
    scores, genomic = tables
    finalized(tmp_path, scores, genomic, "plain.tsv")
    _changed(genomic, "chrom", other)
    done = finalized(tmp_path, scores, genomic)
    table = read(tmp_path / "out.tsv")
    assert len(set(table.chrom)) == 2
    kept = max((other, "chr10"), key=lambda name: (len(name), name < "chr10"))
    assert set(table.chrom) == {kept, "chr9"}
    assert len(done.chromosomes) == 1
    assert "are one chromosome, which is written" in done.chromosomes[0]
    table.chrom = table.chrom.replace(kept, "chr10")
    assert table.equals(read(tmp_path / "plain.tsv"))


def test_one_change_under_two_names_of_its_chromosome_is_there_twice(tmp_path, tables):
    scores, genomic = tables
    first = genomic.read_text().splitlines()[1]
    genomic.write_text(genomic.read_text() + first.replace("chr10", "10") + "\n")
    with pytest.raises(InputError, match="the genomic table has two rows for chr10"):
        finalized(tmp_path, scores, genomic)


@pytest.mark.parametrize(
    ("name", "bare"), [("chrMT", "M"), ("mt", "M"), ("chrx", "X"), ("10", "10"), ("CHR10", "10")]
)
def test_a_chromosome_without_its_dressing(name, bare):
    assert bare_chromosome(name) == bare


def test_lower_case_is_read_as_upper(tmp_path, tables):
    scores, genomic = tables
    finalized(tmp_path, scores, genomic, "plain.tsv")
    lines = [line.split("\t") for line in genomic.read_text().splitlines()]
    for line in lines[1:]:
        for column in ("ref", "alt", "ref_aa", "alt_aa"):
            line[GENOMIC.index(column)] = line[GENOMIC.index(column)].lower()
    genomic.write_text("\n".join("\t".join(line) for line in lines) + "\n")
    head, *rows = scores.read_text().splitlines()
    lowered = [f"{row[: row.index('_')]}{row[row.index('_') :].lower()}" for row in rows]
    scores.write_text("\n".join([head, *lowered]) + "\n")
    finalized(tmp_path, scores, genomic)
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "plain.tsv").read_bytes()


@pytest.mark.parametrize("versioned", ["scores", "genomic"])
def test_transcripts_fit_with_and_without_version(tmp_path, tables, versioned):
    scores, genomic = tables
    finalized(tmp_path, scores, genomic, "plain.tsv")
    path, column = (scores, "ENST1_") if versioned == "scores" else (genomic, "ENST1\t")
    path.write_text(path.read_text().replace(column, column[:5] + ".4" + column[5:]))
    finalized(tmp_path, scores, genomic)
    table, plain = read(tmp_path / "out.tsv"), read(tmp_path / "plain.tsv")
    assert set(table.transcript_id) == {"ENST1.4" if versioned == "genomic" else "ENST1",
                                        "ENST2", "ENST3"}  # fmt: skip
    assert (table.gMVP == plain.gMVP).all()


def test_two_versions_are_not_guessed_between(tmp_path, tables):
    scores, genomic = tables
    text = genomic.read_text().replace("ENST1\t", "ENST1.4\t").replace("ENST2\t", "ENST1.5\t")
    genomic.write_text(text)
    with pytest.raises(InputError, match=r"the genomic table: ENST1 is there as ENST1\.4 and"):
        finalized(tmp_path, scores, genomic)
