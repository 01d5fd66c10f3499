"""Rows from annotations: strands, codons, references, and each contradiction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.genomic.annotations import Annotation
from converters.genomic.changes import Unusable, change_of
from tests.converters.genomic.vep_output import FORWARD, REVERSE, ROWS


def annotation(row=FORWARD, ref="", chrom="7", first=None, last=None, **values):
    extra = dict(pair.split("=") for pair in row["Extra"].split(";"))
    row = extra | row | values
    at = int(row["Location"].partition(":")[2]) if first is None else first
    return Annotation(3, chrom, at, last or at, ref, row["Allele"], row)


@pytest.mark.parametrize(("row", "text"), [(FORWARD, ROWS[0]), (REVERSE, ROWS[1])])
@pytest.mark.parametrize("stated", [True, False])
def test_both_strands(row, text, stated):
    ref = text.split("\t")[2] if stated else ""
    assert [*map(str, change_of(annotation(row, ref))), ""] == text.split("\t")


def test_without_codons_the_reference_is_the_files_or_the_genomes():
    assert change_of(annotation(ref="T", Codons="-"))[2:4] == ("T", "A")
    found = change_of(annotation(Codons=""), "t")
    assert found.ref == "T"
    assert (found.ref_codon, found.alt_codon) == ("", "")


def test_the_mitochondrion_has_its_own_code():
    row = {"Amino_acids": "W/G", "Codons": "Tga/Gga", "Allele": "G", "STRAND": "1"}
    assert change_of(annotation(chrom="chrM", **row)).ref_codon == "TGA"
    with pytest.raises(Unusable, match="TGA codes for"):
        change_of(annotation(chrom="7", **row))
    rare = row | {"Amino_acids": "U/G"}
    assert change_of(annotation(chrom="7", **rare)).ref_aa == "U"


@pytest.mark.parametrize(
    ("values", "failed", "kind"),
    [
        ({"Feature_type": "RegulatoryFeature"}, False, "not in a transcript"),
        ({"Consequence": "synonymous_variant"}, False, "consequence is not missense_variant"),
        ({"Consequence": "stop_gained,splice_region_variant"}, False, "consequence is not"),
        ({"Protein_position": "2-3", "Amino_acids": "VA/DD"}, True, "several mutations"),
        ({"Protein_position": "-"}, True, "malformed cell"),
        ({"Amino_acids": "V/*"}, True, "gains or loses a stop"),
        ({"Amino_acids": "V/X"}, True, "not one of the 20"),
        ({"Allele": "AT"}, True, "not a change of one nucleotide"),
        ({"Allele": "-"}, True, "not a change of one nucleotide"),
        ({"Codons": "gTt/gA"}, True, "codons do not fit"),
        ({"Codons": "gTt/gCt"}, True, "codons do not fit"),  # codes for A
        ({"Codons": "gTT/gAC"}, True, "codons do not fit"),  # two nucleotides
        ({"Allele": "C"}, True, "codons do not fit"),
        ({"STRAND": "-1"}, True, "codons do not fit"),
        ({"Feature": "-"}, True, "malformed cell"),
    ],
)
def test_what_gives_no_row(values, failed, kind):
    with pytest.raises(Unusable) as raised:
        change_of(annotation(**values))
    assert kind in raised.value.kind
    assert raised.value.failed is failed


def test_references_that_contradict_each_other():
    with pytest.raises(Unusable, match="the file has C, the codon has T; is it another assembly"):
        change_of(annotation(ref="C"))
    with pytest.raises(Unusable, match="the codon has T, the genome has G"):
        change_of(annotation(), "G")
    with pytest.raises(Unusable, match="run VEP with --show_ref_allele"):
        change_of(annotation(Codons="-"))
    with pytest.raises(Unusable, match="the allele A is the reference's"):
        change_of(annotation(ref="A", Codons="-"))
    with pytest.raises(Unusable, match="no CSQ") as raised:
        change_of(annotation()._replace(absent="no CSQ"))
    assert not raised.value.failed
    with pytest.raises(Unusable, match="broken"):
        change_of(annotation()._replace(wrong="broken"))


@given(
    codon=st.text("ACGT", min_size=3, max_size=3),
    place=st.integers(0, 2),
    base=st.sampled_from("ACGT"),
    reverse=st.booleans(),
)
def test_every_change_of_a_codon_gives_its_alleles_on_either_strand(codon, place, base, reverse):
    from Bio.Seq import Seq

    new = codon[:place] + base + codon[place + 1 :]
    residues = [str(Seq(c).translate()) for c in (codon, new)]
    shown = ["".join(b if n == place else b.lower() for n, b in enumerate(c)) for c in (codon, new)]
    allele = str(Seq(base).reverse_complement()) if reverse else base
    made = annotation(
        Allele=allele, Codons="/".join(shown), Amino_acids="/".join(residues),
        STRAND="-1" if reverse else "1",
    )  # fmt: skip
    if base == codon[place] or residues[1] == "*":
        with pytest.raises(Unusable):
            change_of(made)
        return
    found = change_of(made)
    ref = str(Seq(codon[place]).reverse_complement()) if reverse else codon[place]
    assert found[2:4] == (ref, allele)
    assert found[-2:] == (codon, new)
