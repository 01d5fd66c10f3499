import pytest

from converters.variants import vep

ROW = [
    "rs9", "chr7:117559590", "G", "ENSG1", "ENST1", "Transcript", "missense_variant", "1", "2",
    "508", "F/V", "Ttt/Gtt", "-", "STRAND=1",
]  # fmt: skip


def test_a_row_of_the_default_output_is_recognised():
    assert vep.is_default_row(ROW)
    assert not vep.is_default_row(ROW[:-1])
    assert not vep.is_default_row(list(vep.DEFAULT))
    assert not vep.is_default_row([*ROW[:6], "F508V", *ROW[7:]])


def test_the_parts_of_cells():
    assert vep.extra("IMPACT=LOW;HGVSp=ENSP1:p.Arg130%3D") == {
        "IMPACT": "LOW", "HGVSp": "ENSP1:p.Arg130%3D",
    }  # fmt: skip
    assert vep.extra("-") == {}
    assert vep.location("chr10:5") == ("chr10", 5, 5)
    assert vep.location("HLA:A*01:5-7") == ("HLA:A*01", 5, 7)
    assert vep.location("-") is None
    assert vep.consequences("missense_variant&splice_region_variant")[0] == vep.MISSENSE
    assert vep.codons("cGa/cAa") == ("CGA", "CAA")
    assert vep.codons("c/-") is None


@pytest.mark.parametrize(
    ("text", "position"),
    [("130", 130), ("130/403", 130), ("130-131", None), ("?-131", None), ("-", None), ("0", None)],
)
def test_positions(text, position):
    assert vep.protein_position(text) == position


@pytest.mark.parametrize(
    ("text", "residues"),
    [("R/Q", ("R", "Q")), ("r/q", ("R", "Q")), ("R/*", ("R", "*")), ("RT/QI", None), ("R", None)],
)
def test_residues(text, residues):
    assert vep.residues(text) == residues
