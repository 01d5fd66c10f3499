"""Records of stand-ins: written, read, removed, damaged, and put into words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.stand_ins import (
    notes,
    of_files,
    of_matrices,
    of_transcript,
    read_stand_ins,
    record_of,
    recording,
    write_stand_ins,
)

NEUTRAL = {"counts": "neutral values"}


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("ENST1.7.npy", "ENST1.7.sources.json"),
        ("ENST1.pickle", "ENST1.sources.json"),
        ("scores.tsv.gz", "scores.tsv.gz.sources.json"),
    ],
)
def test_names(tmp_path, name, record):
    assert record_of(tmp_path / name) == tmp_path / record


def test_written_read_and_removed(tmp_path):
    table = tmp_path / "scores.tsv"
    assert read_stand_ins(table) == {}
    write_stand_ins(table, {"A": NEUTRAL, "B": {}})
    assert read_stand_ins(table) == {"A": NEUTRAL}
    write_stand_ins(table, {"B": {}})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"stand_ins": 3}', '{"stand_ins": {"A": 1}}']
)
def test_a_damaged_record_is_refused(tmp_path, text):
    (tmp_path / "A.sources.json").write_text(text)
    with pytest.raises(InputError, match="not a record of stand-ins"):
        read_stand_ins(tmp_path / "A.npy")


def test_of_matrices_under_the_asked_name(tmp_path):
    write_stand_ins(tmp_path / "A.npy", {"A": NEUTRAL})
    paths = {"A.3": tmp_path / "A.npy", "B": tmp_path / "B.npy"}
    assert of_matrices(paths) == {"A.3": NEUTRAL}


def test_of_one_transcript_with_or_without_version(tmp_path):
    table = tmp_path / "t.tsv"
    write_stand_ins(table, {"A.3": NEUTRAL})
    assert of_transcript(table, "A") == of_transcript(table, "A.4") == NEUTRAL
    assert of_transcript(table, "B") == {}
    write_stand_ins(tmp_path / "A.npy", {"A": NEUTRAL})
    assert of_transcript(tmp_path / "A.npy", "renamed") == NEUTRAL


def test_in_words():
    assert notes({}) == []
    model = {"structure": "model a.pdb, chain A"}
    assert notes({"A": model}) == ["A: model a.pdb, chain A in place of NetSurfP"]
    many = {name: NEUTRAL for name in "ABCDE"}
    assert notes(many, 9) == [
        "5 of 9 transcripts (A, B, C, ...): neutral values in place of population counts"
    ]
    both = notes({"A": model, "B": {"structure": "neutral values", **NEUTRAL}})
    assert both == [
        "B: neutral values in place of population counts",
        "2 transcripts (A, B): models or neutral values in place of NetSurfP",
    ]


@given(st.dictionaries(st.text(max_size=9), st.dictionaries(st.text(max_size=5), st.text())))
def test_what_is_written_is_read(tmp_path_factory, found):
    table = tmp_path_factory.mktemp("record") / "t.tsv"
    write_stand_ins(table, found)
    assert read_stand_ins(table) == {name: inputs for name, inputs in found.items() if inputs}


def test_of_files_together(tmp_path):
    one, two = tmp_path / "1.tfrec", tmp_path / "2.tfrec"
    write_stand_ins(one, {"A": NEUTRAL})
    write_stand_ins(two, {"A": {"structure": "a model"}, "B": NEUTRAL})
    assert of_files([one, two, tmp_path / "3.tfrec"]) == {
        "A": {**NEUTRAL, "structure": "a model"},
        "B": NEUTRAL,
    }


def test_a_record_is_there_before_its_file_and_goes_after_it(tmp_path):
    path = tmp_path / "o.tfrec"
    with recording(path, {"A": NEUTRAL}):
        assert read_stand_ins(path) == {"A": NEUTRAL}
    with pytest.raises(OSError, match="full"), recording(path, {}):
        raise OSError("full")
    assert read_stand_ins(path) == {"A": NEUTRAL}
    with recording(path, {}):
        assert read_stand_ins(path) == {"A": NEUTRAL}
    assert not list(tmp_path.iterdir())
