"""The genomic table from VEP's output: rows, counts that add up, and nothing half written."""

import gzip

import pytest

from converters.errors import InputError
from converters.genomic.changes import COLUMNS
from converters.genomic.making import make_table
from tests.converters.genomic.vep_output import (
    CONTEXTS,
    FORWARD,
    GENOME,
    REVERSE,
    ROWS,
    default_table,
    tab_table,
    vcf,
)

OTHER = FORWARD | {"Consequence": "synonymous_variant"}
WRONG = FORWARD | {"Allele": "C"}


@pytest.fixture
def make(tmp_path):
    def make(*texts, output="genomic.tsv", genome=None):
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"vep_{number}.txt")
            paths[-1].write_text(text)
        fasta = None
        if genome:
            fasta = tmp_path / "genome.fa"
            fasta.write_text(genome)
        return make_table(paths, tmp_path / output, fasta), tmp_path / output

    return make


def lines(path):
    return path.read_text().splitlines()


@pytest.mark.parametrize(
    "text",
    [
        default_table(FORWARD, REVERSE),
        tab_table(FORWARD, REVERSE),
        vcf(("7", 12, "T", "A", [FORWARD]), ("7", 16, "C", "T", [REVERSE])),
    ],
)
def test_every_form_gives_the_same_table(make, text):
    account, path = make(text)
    assert lines(path) == ["\t".join(COLUMNS), *ROWS]
    assert (account.lines, account.annotations, account.rows) == (2, 2, 2)
    assert len(account.listed) == 0


def test_context_out_of_the_genome(make):
    _, path = make(default_table(FORWARD, REVERSE), genome=GENOME)
    assert lines(path)[1:] == [row + context for row, context in zip(ROWS, CONTEXTS, strict=True)]


def test_another_assembly_is_seen(make):
    moved = FORWARD | {"Location": "7:11"}  # where the genome has G
    account, path = make(default_table(moved, REVERSE), genome=GENOME)
    assert len(lines(path)) == 2
    (one,) = account.listed
    assert (one.line, one.kind, one.failed) == (3, "genome does not fit", True)
    assert "the codon has T, the genome has G" in one.detail


def test_rows_left_out_and_failed_are_listed_and_add_up(make):
    account, path = make(default_table(OTHER, FORWARD, WRONG), default_table(REVERSE, OTHER))
    assert lines(path)[1:] == list(ROWS)
    assert account.annotations == account.rows + len(account.listed) == 5
    assert [(one.line, one.failed) for one in account.listed] == [(3, False), (5, True), (4, False)]


def test_lines_of_several_annotations(make):
    site = ("7", 12, "T", "A", [FORWARD, OTHER, FORWARD | {"Feature": "ENST09"}])
    account, _ = make(vcf(site))
    assert (account.lines, account.annotations, account.rows) == (1, 3, 2)


def test_compressed_the_bytes_are_the_same_each_time(make):
    _, path = make(default_table(FORWARD), output="genomic.tsv.gz")
    first = path.read_bytes()
    assert gzip.decompress(first).decode().splitlines()[1] == ROWS[0]
    make(default_table(FORWARD), output="genomic.tsv.gz")
    assert path.read_bytes() == first


def test_without_any_row_nothing_is_written(make, tmp_path):
    with pytest.raises(InputError, match=r"none of 1 annotations gives a row; the first: line 3"):
        make(default_table(OTHER))
    with pytest.raises(InputError, match="line 4: 2 fields; expected 14"):
        make(default_table(FORWARD) + "x\ty\n")
    assert [path.name for path in tmp_path.iterdir()] == ["vep_0.txt"]
