"""Raw files of transcripts: which file is whose, which is preferred, and lists of ids."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.raw_files import (
    NAMES,
    RawFolder,
    every_id,
    plain_suffix,
    read_list,
)


@pytest.fixture
def folder(tmp_path):
    """Return a function that makes empty files and lists the folder."""

    def make(*names):
        for name in names:
            (tmp_path / name).touch()
        return RawFolder(tmp_path)

    return make


def test_all_four_inputs_of_a_transcript(folder, tmp_path):
    found = folder("T.hhm", "T.a3m", "T.netsurfp.csv", "T.obs_exp.tsv", "U.hhm").find("T")
    assert found.paths == {
        "profile": tmp_path / "T.hhm",
        "alignment": tmp_path / "T.a3m",
        "structure": tmp_path / "T.netsurfp.csv",
        "counts": tmp_path / "T.obs_exp.tsv",
    }
    assert (found.transcript, found.missing, found.unused) == ("T", [], ())


def test_missing_inputs_are_named_with_what_would_do(folder):
    found = folder("T.hhm", "T.aa.obs_exp.npy").find("T")
    assert found.missing == [
        "alignment (T.compara103 or T.a3m)",
        "structure (T.netsurfp2.json or T.netsurfp3.json)",
    ]


@pytest.mark.parametrize("kind", NAMES)
def test_the_preferred_file_is_the_first_in_the_table(folder, kind):
    names = [f"T{end}" for end in NAMES[kind]]
    found = folder(*names).find("T")
    assert found.paths[kind].name == names[0]
    assert found.unused == tuple(names[1:])


def test_a_plain_file_is_preferred_to_a_gzipped_one(folder):
    found = folder("T.sto.gz", "T.clw").find("T")
    assert found.paths["alignment"].name == "T.clw"
    assert found.unused == ("T.sto.gz",)


def test_ids_are_what_precedes_the_longest_known_suffix(folder):
    found = folder(
        "B.2.99.diff0.hhm.npy", "A.obs_exp.tsv.gz", "C.aa.obs_exp.npy", ".D.hhm", ".hhm", "E.txt"
    )
    assert found.transcripts() == ["A", "B.2", "C"]


def test_folders_are_not_inputs(tmp_path):
    (tmp_path / "T.hhm").mkdir()
    assert RawFolder(tmp_path).transcripts() == []
    with pytest.raises(FileNotFoundError):
        RawFolder(tmp_path / "missing")


def test_a_list_of_ids(tmp_path):
    path = tmp_path / "ids.txt"
    path.write_text("\ufeffENST2 # the second\n\n#ENST3\n  ENST1\t\nENST2\n")
    assert read_list(path) == ["ENST2", "ENST1"]
    assert every_id(path, path.read_text("utf-8-sig").splitlines()) == ["ENST2", "ENST1", "ENST2"]


@settings(max_examples=40)
@given(st.lists(st.text("ENST0123456789._-", min_size=1).filter(lambda t: t[0] != "."), min_size=1))
def test_plain_ids_come_back_in_order(ids):
    assert every_id("ids.txt", ids) == ids


@pytest.mark.parametrize("line", ["ENST1 ENST2", "../ENST1", "a/b", ".hidden"])
def test_a_line_that_is_not_an_id_is_refused(line):
    with pytest.raises(InputError) as caught:
        every_id("ids.txt", ["ENST1", line])
    assert str(caught.value) == f"ids.txt, line 2: {line!r} is not an id; expected one id per line"


def test_an_empty_list_is_refused():
    with pytest.raises(InputError, match=r"ids\.txt: contains no transcript"):
        every_id("ids.txt", ["", "# none"])


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("T.a3m", ".a3m"), ("T.1.A3M.gz", ".a3m"), ("T.netsurfp2.csv.gz", ".csv")],
)
def test_the_suffix_that_shows_the_format(name, suffix):
    assert plain_suffix(Path(name)) == suffix
