"""Transcripts of a list or a folder, and their shares, of about the same length."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.scoring.transcripts import Task, find_wanted, share


def ids(wanted):
    return [task.transcript for task in wanted.tasks]


def test_a_folder_s_transcripts_are_sorted(few):
    wanted = find_wanted(few)
    assert ids(wanted) == ["T1", "T13", "T2", "T21", "T3", "T5", "T8"]
    assert [task.residues for task in wanted.tasks] == [1, 13, 2, 21, 3, 5, 8]
    assert (wanted.missing, wanted.notes) == ([], [])


def test_a_list_s_order_is_kept_and_what_is_missing_is_named(few, tmp_path):
    (tmp_path / "list").write_text("T5 # the fifth\n\nNONE\nT1.12\nT2\nT2\nT5\nT2\n")
    wanted = find_wanted(few, tmp_path / "list")
    assert ids(wanted) == ["T5", "T1.12", "T2"]
    assert wanted.tasks[1].path == few / "T1.npy"
    assert wanted.missing == ["NONE"]
    assert wanted.notes == [
        f"{tmp_path / 'list'}: T5 and 1 more are listed twice; each counts once"
    ]


def test_a_table_with_transcript_ids_is_a_list(few, tmp_path):
    (tmp_path / "table").write_text("aa_pos\ttranscript_id\n1\tT8\n2\tT8\n\n3\tT2\n")
    wanted = find_wanted(few, tmp_path / "table")
    assert ids(wanted) == ["T8", "T2"]
    assert wanted.notes == []


@pytest.mark.parametrize("text", [b"T8\r\n\r\nT2\r\n", b"transcript_id\nT8\nT2\n"])
def test_a_list_may_be_a_pipe(few, text):
    # As a shell gives one: --transcripts <(grep ...). It can be read but once.
    reading, writing = os.pipe()
    try:
        os.write(writing, text)
        os.close(writing)
        assert ids(find_wanted(few, Path(f"/dev/fd/{reading}"))) == ["T8", "T2"]
    finally:
        os.close(reading)


def test_of_two_formats_the_one_written_last_is_taken(own_features):
    for name, times in (("T8", (5, 9)), ("T5", (9, 5))):
        (own_features / f"{name}.pickle").write_bytes(b"")
        (own_features / f"{name}.copy").write_bytes((own_features / f"{name}.npy").read_bytes())
        (own_features / f"{name}.copy").replace(own_features / f"{name}.npy")
        for suffix, time in zip(("npy", "pickle"), times, strict=True):
            os.utime(own_features / f"{name}.{suffix}", (time, time))
    wanted = find_wanted(own_features)
    assert {task.path.name for task in wanted.tasks} >= {"T8.pickle", "T5.npy"}
    assert wanted.notes == [
        f"{own_features}: T5 and 1 more have both a .npy and a .pickle; the newer one is used"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "list: contains no transcript; expected one id per line"),
        ("T1 T2\n", "list, line 1: 'T1 T2' is not an id; expected one id per line"),
        ("transcript_id\tx\n", "list: contains no transcript, only a header"),
        ("x\ttranscript_id\n1\n", "list, line 2: transcript_id is ''; expected an id"),
        ("transcript_id\n../T1\n", "list, line 2: transcript_id is '../T1'; expected an id"),
    ],
)
def test_lists_that_are_refused(few, tmp_path, text, said):
    (tmp_path / "list").write_text(text)
    with pytest.raises(InputError) as refused:
        find_wanted(few, tmp_path / "list")
    assert str(refused.value) == f"{tmp_path}/{said}"


def test_folders_that_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"contains no feature matrix; expected <id>\.npy"):
        find_wanted(tmp_path)
    (tmp_path / "a b.npy").touch()
    with pytest.raises(InputError, match="'a b' cannot be an id in a table"):
        find_wanted(tmp_path)


def tasks_of(lengths):
    return [Task(f"T{n}", Path("unused"), (0, 0), length) for n, length in enumerate(lengths)]


def load(tasks):
    return sum(task.residues for task in tasks)


LENGTHS = st.lists(st.integers(1, 35_000), max_size=60)


@given(lengths=LENGTHS, size=st.integers(1, 9))
def test_all_are_shared_longest_first_and_evenly(lengths, size):
    tasks = tasks_of(lengths)
    shares = share(tasks, size)
    assert len(shares) == size
    assert sorted(task for each in shares for task in each) == sorted(tasks)
    for each in shares:
        assert [task.residues for task in each] == sorted(map(load, [[t] for t in each]))[::-1]
    # Graham's bound: no share is beyond the even one by more than its last task.
    for each in shares:
        if each:
            assert load(each[:-1]) <= load(tasks) / size


@given(lengths=LENGTHS, size=st.integers(1, 9), random=st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(lengths, size, random):
    tasks = tasks_of(lengths)
    shuffled = tasks.copy()
    random.shuffle(shuffled)
    assert share(shuffled, size) == share(tasks, size)


def test_a_giant_has_a_process_to_itself():
    shares = share(tasks_of([34_350] + [500] * 60), 2)
    assert [len(each) for each in shares] == [1, 60]


@pytest.mark.parametrize("size", [1, 4])
def test_nothing_to_share(size):
    assert share([], size) == [[]] * size
