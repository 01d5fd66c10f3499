import pytest

from converters.errors import InputError
from converters.variants.csq import Format
from converters.variants.kinds.known import VCF
from converters.variants.kinds.vep_tables import VcfLines, VepColumns, parse_annotations

MISSENSE = "missense_variant"


def test_hgvs_in_place_of_residues():
    header = ["Uploaded_variation", "HGVSp", "Feature", "Consequence"]
    layout = VepColumns(header)
    assert layout.needed == [2, 3, 1, 0]
    cells = [["T1", "T1"], [MISSENSE, MISSENSE], ["ENSP1.2:p.Arg3Gln", "-"], ["rs1", "rs2"]]
    parsed = layout.parse(cells)
    assert (parsed.position.tolist(), parsed.ids) == ([3], [["T1"]])
    assert [fault.row for fault in parsed.faults] == [1]


@pytest.mark.parametrize(
    ("position", "residues", "kind"),
    [
        ("1-2", "RT/QI", "several mutations"), ("1", "RT/QI", "several mutations"),
        ("-", "R/Q", "malformed cell"), ("1", "R", "malformed cell"),
        ("1", ":/Q", "malformed cell"),
        ("1", "R/*", "gains or loses a stop"),
        ("1", "R/X", "substitute is not one of the 20 amino acids"),
    ],
)  # fmt: skip
def test_annotations_that_are_no_substitution(position, residues, kind):
    parsed = parse_annotations([["T"], [MISSENSE], [position], [residues]], ["rs1"])
    assert not len(parsed.row)
    assert [(fault.kind, fault.failed) for fault in parsed.faults] == [(kind, True)]


def test_an_annotation_of_another_width_fails():
    form = Format("CSQ", ("Consequence", "Feature", "Amino_acids", "Protein_position"))
    layout = VcfLines(VCF, form, "t.vcf")
    info = f"CSQ={MISSENSE}|T1|R/Q|3,{MISSENSE}|T1|R/Q"
    parsed = layout.parse([["1"], ["2"], ["C"], ["T"], [info]])
    assert parsed.position.tolist() == [3]
    assert [fault.detail for fault in parsed.faults] == [
        "an annotation has 3 parts, the header's Format 4"
    ]
    with pytest.raises(InputError, match=r"t.vcf: the annotations in CSQ have no HGVSp; expected"):
        VcfLines(VCF, Format("CSQ", ("Consequence", "Feature")), "t.vcf")
