"""Bases around a position, by an index or without, and what is no FASTA file."""

import gzip

import pysam
import pytest

from converters.errors import InputError
from converters.genomic.genome import open_genome
from tests.converters.genomic.vep_output import GENOME


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(GENOME)
    return path


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    ("chrom", "pos", "context"),
    [
        ("7", 12, "GTT"), ("chr7", 10, "ACG"), ("7", 11, "CGT"), ("7", 1, "NAC"), ("7", 20, "ACN"),
        ("7", 21, ""), ("7", 0, ""), ("X", 2, "GGG"), ("8", 1, ""),
    ],
)  # fmt: skip
def test_context(fasta, tmp_path, indexed, chrom, pos, context):
    if indexed:
        pysam.faidx(str(fasta))
    before = sorted(tmp_path.iterdir())
    with open_genome(fasta, tmp_path) as genome:
        assert genome.context(chrom, pos) == context
    assert sorted(tmp_path.iterdir()) == before


def test_our_index_is_samtools(fasta, tmp_path):
    from converters.genomic.genome import _index

    pysam.faidx(str(fasta))
    assert "".join(_index(fasta)) == (tmp_path / "genome.fa.fai").read_text()


def test_lower_case_mitochondria_and_bgzip(tmp_path):
    plain = tmp_path / "g.fa"
    plain.write_text(">chrM\nacgt\n")
    pysam.tabix_compress(str(plain), str(tmp_path / "g.fa.gz"))
    with pytest.raises(InputError, match="compressed and has no index"):
        open_genome(tmp_path / "g.fa.gz", tmp_path).__enter__()
    pysam.faidx(str(tmp_path / "g.fa.gz"))
    with open_genome(tmp_path / "g.fa.gz", tmp_path) as genome:
        assert genome.context("MT", 2) == "ACG"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no sequence"),
        ("ACGT\n", "line 1: not FASTA"),
        (">a\nACGT\nAC\nACGT\n", "line 4: the lines of a differ in length"),
        (">a\nACGT\nACGTA\n", "line 3: the lines of a differ in length"),
        (">\nACGT\n", "line 1: a sequence without a name"),
    ],
)
def test_what_is_no_fasta_is_refused(tmp_path, text, message):
    (tmp_path / "g.fa").write_text(text)
    with pytest.raises(InputError, match=message):
        open_genome(tmp_path / "g.fa", tmp_path).__enter__()


def test_a_gzipped_file_is_refused(tmp_path):
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(GENOME.encode()))
    with pytest.raises(InputError, match="compressed and has no index"):
        open_genome(tmp_path / "g.fa.gz", tmp_path).__enter__()
