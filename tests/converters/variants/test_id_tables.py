import pytest

from converters.errors import InputError
from converters.variants.id_tables import read_genes, read_map


@pytest.fixture
def file(tmp_path):
    def write(text, name="f.txt"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_empty_cells_of_a_map_are_counted(file):
    found, empty = read_map(file("Gene,Transcript\nPTEN,ENST1\nTP53,\n,ENST2\n"))
    assert found.known == {"PTEN": ["ENST1"]}
    assert empty == 2


def test_a_map_to_transcripts_of_any_name(file):
    assert read_map(file("P60484 mine\nP04637 other\n"))[0].known["P60484"] == ["mine"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "contains no row"),
        ("a\tb\tc\td\n", "line 1: 4 columns; expected two"),
        ("a\n", "1 col"),
    ],
)
def test_what_is_no_map(file, text, said):
    with pytest.raises(InputError, match=said):
        read_map(file(text))


ORIGINAL = "transcript_stable_id\tdisplay_label\tgene_stable_id\nENST1\tPTEN\tENSG1.2\nENST2\t\t\n"
FINAL = "#chrom\tpos\tgene_symbol\tgene_id\ttranscript_id\n" + "1\t2\tC1orf1\tENSG2\tENST3\n" * 2


def test_the_original_s_table_and_a_finalized_one(file):
    found = read_genes(file(ORIGINAL))
    assert found.find("PTEN") == found.find("ENSG1") == ["ENST1"]
    found = read_genes(file(FINAL))
    assert found.find("C1orf1") == found.find("C1ORF1") == found.find("ENSG2") == ["ENST3"]
    table = file("whatever", "table.tsv.gz")
    file(FINAL.removeprefix("#"), "table.tsv.gz.genes.tsv")
    assert read_genes(table).find("C1orf1") == ["ENST3"]


def test_another_table_is_refused(file):
    with pytest.raises(
        InputError, match="line 1: no table of genes; expected the columns transcript_"
    ):
        read_genes(file("a\tb\n"))
    with pytest.raises(InputError, match="line 3: 2 fields, the header has 3"):
        read_genes(file(ORIGINAL.replace("ENST2\t\t", "ENST2\t")))
