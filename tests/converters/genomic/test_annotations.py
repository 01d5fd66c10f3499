"""Annotations in VEP's forms, with several alleles and transcripts, and what is no VEP output."""

import gzip

import pytest

from converters.errors import InputError
from converters.genomic.annotations import read_annotations
from tests.converters.genomic.vep_output import FORWARD, REVERSE, default_table, tab_table, vcf


@pytest.fixture
def read(tmp_path):
    def read(text, name="vep.txt"):
        path = tmp_path / name
        data = text.encode()
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return list(read_annotations(path))

    return read


def places(found):
    return [(a.chrom, a.first, a.last, a.ref, a.allele) for a in found]


@pytest.mark.parametrize(
    ("text", "name", "first"),
    [
        (default_table(FORWARD, REVERSE), "v.txt", 3),
        (default_table(FORWARD, REVERSE, mark=""), "v.txt.gz", 3),
        (default_table(FORWARD, REVERSE, header=False), "v", 1),
        (default_table(FORWARD, REVERSE).replace("\n", "\r\n"), "v.txt", 3),
        (tab_table(FORWARD, REVERSE), "v.tsv", 3),
    ],
)
def test_tables(read, text, name, first):
    found = read(text, name)
    assert places(found) == [("7", 12, 12, "", "A"), ("7", 16, 16, "C", "T")]
    assert [a.line for a in found] == [first, first + 1]
    assert [a.values["SYMBOL"] for a in found] == ["ABC", "DEF"]
    assert found[1].name == "7:16 C>T ENST02.3"


def test_the_reference_allele_where_vep_wrote_it(read):
    (found,) = read(tab_table(FORWARD | {"Extra": "STRAND=1;SYMBOL=ABC;REF_ALLELE=t"}))
    assert found.ref == "T"


def test_a_vcf_with_several_alleles_and_transcripts(read):
    other = REVERSE | {"Allele": "G", "Feature": "ENST03"}
    found = read(vcf(("7", 16, "C", "T,G", [REVERSE, other, REVERSE]), ("7", 1, "A", "G", [])))
    assert places(found) == [
        ("7", 16, 16, "C", "T"), ("7", 16, 16, "C", "G"), ("7", 16, 16, "C", "T"),
        ("7", 1, 1, "A", "G"),
    ]  # fmt: skip
    assert [a.line for a in found] == [4, 4, 4, 5]
    assert found[3].absent == "the line has no CSQ"


def test_shared_bases_of_both_alleles_are_left_out(read):
    row = REVERSE | {"Allele": "GTA"}
    assert places(read(vcf(("7", 15, "GCA", "GTA", [row])))) == [("7", 16, 16, "C", "T")]


def test_what_cannot_be_read_is_said(read):
    assert "is none of the line's G" in read(vcf(("7", 16, "C", "G", [REVERSE])))[0].wrong
    broken = vcf(("7", 16, "C", "T", [REVERSE])).replace("|-1", "")
    assert "has 9 parts, the header's Format 10" in read(broken)[0].wrong
    odd = read(tab_table(FORWARD | {"Location": "7-12"}))
    assert "Location is '7-12'" in odd[0].wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("transcript_id\taa_pos\tref_aa\talt_aa\nENST1\t3\tR\tQ\n", "expected VEP's output"),
        ("a\tb\n1\t2\n", "of no known kind|expected VEP"),
        (vcf(("7", "x", "C", "T", [REVERSE])), "line 4: POS is 'x'"),
    ],
)
def test_other_tables_are_refused(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text)
