import pytest

from converters.errors import InputError
from converters.variants.reading import Options, read_tables

HEADER = "transcript_id\taa_pos\tref_aa\talt_aa\ttarget\n"
ROWS = ["T1\t5\tA\tC\t1", "T2\t5\tA\tC\t0", "T1\t5\tA\tC\t0", "T1.3\t5\tA\tC\t0", "T1\t5\tA\tD\t0"]


@pytest.fixture
def tables(tmp_path):
    (tmp_path / "a.tsv").write_text(HEADER + "\n".join(ROWS[:2]) + "\n")
    (tmp_path / "b.tsv").write_text(HEADER + "\n".join(ROWS[2:]) + "\n")
    return [tmp_path / "a.tsv", tmp_path / "b.tsv"]


def test_two_labels_are_an_error_with_both_lines(tables):
    with pytest.raises(InputError) as caught:
        read_tables(tables, Options(labels=True))
    assert str(caught.value).startswith(f"{tables[1]}, line 2: T1_5_A_C has the label 0, but 1 on ")
    assert f"{tables[0]}, line 2 (and 1 more such rows); " in str(caught.value)
    assert len(read_tables(tables).rows) == 5


@pytest.mark.parametrize(("choice", "kept"), [("first", [2, 3, 4]), ("drop", [3, 4])])
def test_going_on(tables, choice, kept):
    read = read_tables(tables, Options(labels=True, conflicts=choice))
    assert read.rows.line.tolist() == kept
    assert len(read.listed) == 5 - len(kept)
    assert {one.kind for one in read.listed} == {"two labels"}
    assert not read.listed.failed
    assert read.variants == 5
    details = [one.detail for one in read.listed]
    assert f"its label is 0, but 1 on {tables[0]}, line 2" in details


def test_the_same_label_twice_is_no_conflict(tables):
    assert len(read_tables([tables[0], tables[0]], Options(labels=True)).rows) == 4
