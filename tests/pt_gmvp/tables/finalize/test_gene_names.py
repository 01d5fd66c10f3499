import pytest

from converters.errors import InputError
from pt_gmvp.tables.database import connect
from pt_gmvp.tables.finalize.gene_names import GENE_NAMES, Unnamed, name_genes
from pt_gmvp.tables.source import open_source


@pytest.fixture
def named(tmp_path):
    """Name the genes of transcripts by a table's lines: (what is unnamed, all rows)."""

    def run(transcripts, *lines):
        path = tmp_path / "genes.tsv"
        path.write_text("\n".join(["\t".join(GENE_NAMES), *lines]) + "\n")
        with connect(path) as connection:
            connection.execute(
                "CREATE TABLE read_genomic (transcript_id VARCHAR, gene_symbol VARCHAR,"
                " gene_id VARCHAR)"
            )
            rows = [(name, "old", "old") for name in transcripts]
            connection.executemany("INSERT INTO read_genomic VALUES (?, ?, ?)", rows)
            unnamed = name_genes(connection, open_source(path, GENE_NAMES))
            found = connection.execute("SELECT * FROM read_genomic ORDER BY rowid").fetchall()
        return unnamed, found

    return run


def test_names_replace_the_tables_own_and_an_absent_transcript_has_none(named):
    unnamed, rows = named(["T1", "T2", "T3"], "T1\tPTEN\tG1", "T2\t\tG2")
    assert rows == [("T1", "PTEN", "G1"), ("T2", None, "G2"), ("T3", None, None)]
    assert unnamed == Unnamed(1, ["T3"])


def test_ids_fit_with_and_without_version(named):
    unnamed, rows = named(["T1.2", "T2", "T3.1"], "T1\tA\tG1", "T2.7\tB\tG2", "T3.1\tC\tG3")
    assert [row[1] for row in rows] == ["A", "B", "C"]
    assert unnamed.count == 0


def test_versions_with_other_genes_leave_doubt(named):
    unnamed, rows = named(["T1", "T1.2"], "T1.1\tA\tG1", "T1.2\tB\tG2")
    assert [row[1] for row in rows] == [None, "B"]
    assert unnamed == Unnamed(1, ["T1"])


def test_a_transcript_of_two_genes_is_refused(named):
    with pytest.raises(InputError, match=r"genes\.tsv: gives T1 more than one gene; expected one"):
        named(["T1"], "T1\tA\tG1", "T1\tB\tG1")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("T1\tP\x1b[2J\tG1", r"gene_symbol 'P\x1b[2J' of T1; expected text without control"),
        ("T1\tPTEN\t=1+1", "gene_id '=1+1' of T1; expected a name that does not begin like a"),
    ],
)
def test_a_name_that_is_unsafe_to_print_is_refused(named, line, message):
    with pytest.raises(InputError) as caught:
        named(["T1"], line)
    assert message in str(caught.value)
