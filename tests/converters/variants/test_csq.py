import pytest

from converters.errors import InputError
from converters.variants.csq import Format, alternative, annotations, plain, read_format, value_of

CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP.'
    ' Format: Allele|Consequence|Feature">'
)


def test_the_header_states_the_format():
    assert read_format(["##fileformat=VCFv4.2", CSQ]) == (
        "CSQ",
        ("Allele", "Consequence", "Feature"),
    )
    renamed = CSQ.replace("ID=CSQ", "ID=ANN")
    assert read_format([renamed]).field == "ANN"
    assert Format("CSQ", ("Allele",)).place("Allele") == 0
    assert Format("CSQ", ("Allele",)).place("HGVSp") is None


def test_a_vcf_of_another_program_is_refused():
    snpeff = "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele'\">"
    with pytest.raises(InputError, match=r"a.vcf: a VCF without VEP's annotations.* it has ANN"):
        read_format([snpeff], "a.vcf")
    with pytest.raises(InputError, match=r"annotate it with: vep --vcf$"):
        read_format([])


@pytest.mark.parametrize("info", ["CSQ=A|x|T1,A|y|T2", "AC=1;CSQ=A|x|T1,A|y|T2;AN=2"])
def test_annotations_of_several_transcripts(info):
    assert list(annotations(info)) == [["A", "x", "T1"], ["A", "y", "T2"]]


@pytest.mark.parametrize("info", [".", "AC=1", "XCSQ=A|x", "CSQ=", "AC=1;CSQ="])
def test_lines_without_annotations(info):
    assert list(annotations(info)) == []


def test_other_fields():
    assert value_of("CLNSIG=Benign;AC=1", "CLNSIG") == "Benign"
    assert value_of("AC=1;MYCLNSIG=x", "CLNSIG") is None
    assert plain("ENSP1:p.Arg130%3D") == "ENSP1:p.Arg130="


@pytest.mark.parametrize(
    ("allele", "ref", "alts", "which"),
    [
        ("A", "G", ["A"], 0),
        ("T", "G", ["A", "T"], 1),
        ("-", "GA", ["G"], 0),
        ("TT", "G", ["GTT"], 0),
        ("T", "GA", ["G", "GT"], 1),
        ("-", "GA", ["G", "*"], 0),
        ("T", "GA", ["G", "<DEL>", "GT"], 2),
        ("-", "GA", ["G", "TA"], 0),
        ("C", "G", ["A"], None),
    ],
)
def test_an_annotation_is_of_one_alternative(allele, ref, alts, which):
    assert alternative(allele, ref, alts) == which
