import pytest

from converters.variants.opening import open_table


@pytest.fixture
def kind(tmp_path):
    def of(text):
        (tmp_path / "t").write_text(text)
        table = open_table(tmp_path / "t")
        lines = [number for block, _ in table.rows() for number in block.numbers.tolist()]
        return table.layout.kind, table.delimiter, lines

    return of


def test_a_comment_with_the_words_of_a_header_is_a_comment(kind):
    text = "# transcript_id, aa_pos, ref_aa, alt_aa: from the clinic\nENST00000000001\tR130Q\n"
    assert kind(text) == ("column of changes", "\t", [2])


def test_a_header_after_a_hash_may_be_followed_by_comments(kind):
    text = "#transcript_id\taa_pos\tref_aa\talt_aa\n# more\n\nT1\t3\tA\tC\n# end\nT1\t4\tA\tC\n"
    assert kind(text) == ("gMVP", "\t", [4, 6])


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
def test_delimiters(kind, delimiter):
    text = "aa_pos\ttranscript_id\tref_aa\talt_aa\n3\tT1\tA\tC\n".replace("\t", delimiter)
    assert kind(text) == ("gMVP", delimiter, [2])


@pytest.mark.parametrize(
    "text", ["T1 3 A C\nT1 4 A C\n", "id position from to\nT1 3 A C\nT1 4 A C\n", "T1\t3\tA\tC\n"]
)
def test_plain_lines(kind, text):
    found, delimiter, lines = kind(text)
    assert (found, delimiter) == ("plain", None)
    assert len(lines) == text.count("\tA\t") + text.count(" A ")
