"""Raw files of transcripts: which file is whose, which is preferred, and lists of ids."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features import raw_files
from converters.features.raw_files import (
    NAMES,
    RawFolder,
    every_id,
    read_list,
)
from converters.text import COMPRESSED, plain_suffix


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
@given(st.lists(st.from_regex(r"[ENST0-9_][ENST0-9._-]*", fullmatch=True), min_size=1))
def test_plain_ids_come_back_in_order(ids):
    assert every_id("ids.txt", ids) == ids


NOT_IDS = (
    "ENST1 ENST2", "../ENST1", "a/b", ".hidden", "ENST1\u2028ENST2", "ENST1\x85ENST2",
    "ENST1\x0cENST2", "=1+1", "-ENST1", "@SUM(A1)", "+1", "E\x1b[2JNST",
)  # fmt: skip


@pytest.mark.parametrize("line", NOT_IDS)
def test_a_line_that_is_not_an_id_is_refused(line):
    with pytest.raises(InputError) as caught:
        every_id("ids.txt", ["ENST1", line])
    assert str(caught.value) == f"ids.txt, line 2: {line!r} is not an id; expected one id per line"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_ends_its_lines_as_any_text_does(tmp_path, end):
    path = tmp_path / "ids.txt"
    path.write_text(end.join(["ENST2", "", "ENST1"]), newline="")
    assert read_list(path) == ["ENST2", "ENST1"]
    path.write_text(end.join(["ENST2", "ENST1\u2028ENST3"]), newline="")
    with pytest.raises(InputError, match="line 2: 'ENST1"):
        read_list(path)


def test_a_list_of_line_ends_alone_is_refused_before_it_takes_memory(tmp_path, monkeypatch):
    path = tmp_path / "ids.txt.gz"
    path.write_bytes(gzip.compress(b"ENST1\n" + b"\n" * (1 << 20)))
    assert read_list(path) == ["ENST1"]
    monkeypatch.setattr(raw_files, "LONGEST_LIST", 1 << 19)
    with pytest.raises(InputError, match="expands to more than 0 MiB of text"):
        read_list(path)


@pytest.mark.parametrize("kind", ["alignment", "counts", "structure"])
@pytest.mark.parametrize("packed", COMPRESSED)
def test_every_suffix_may_be_that_of_a_compressed_file_and_in_upper_case(folder, kind, packed):
    end = NAMES[kind][-1]
    assert folder(f"T{end}{packed}").find("T").paths[kind].name == f"T{end}{packed}"
    upper = f"U{end.upper()}{packed.upper()}"
    assert folder(upper).find("U").paths[kind].name == upper


def test_versions_fit_both_ways(folder):
    there = folder("T.7.hhm", "T.a3m", "T.7.netsurfp.csv", "T.7.obs_exp.tsv", "V.1.hhm")
    assert there.transcripts() == ["T", "V.1"]
    for name in ("T", "T.7"):
        assert there.find(name).missing == []
    assert there.find("V").paths["profile"].name == "V.1.hhm"
    assert there.find("V.2").paths == {}


def test_two_versions_are_two_transcripts_and_neither_is_guessed(folder):
    there = folder("T.7.hhm", "T.8.hhm", "T.8.a3m")
    assert there.transcripts() == ["T.7", "T.8"]
    assert there.find("T.7").paths["profile"].name == "T.7.hhm"
    with pytest.raises(InputError, match=r"profile: T is there as T\.7 and as T\.8; name one"):
        there.find("T")


def test_files_under_another_suffix_are_named(folder):
    there = folder("T.hhm", "T.msf", "T.json", "T2.json", "T.7.txt", "U.msf")
    assert there.find("T").others == ("T.7.txt", "T.json", "T.msf")
    assert there.find("T2").others == ("T2.json",)


def test_an_empty_list_is_refused():
    with pytest.raises(InputError, match=r"ids\.txt: contains no transcript"):
        every_id("ids.txt", ["", "# none"])


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("T.a3m", ".a3m"), ("T.1.A3M.gz", ".a3m"), ("T.netsurfp2.csv.gz", ".csv")],
)
def test_the_suffix_that_shows_the_format(name, suffix):
    assert plain_suffix(Path(name)) == suffix
