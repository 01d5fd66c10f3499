"""Whose parts they are: only the same run goes on with them, and only one at a time."""

import json

import pytest

from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.scoring.folder import PartsFolder

RUN = {"models": ["a", "b"], "precision": "float32", "device": "cpu"}


@pytest.fixture
def begun(tmp_path):
    folder = PartsFolder(tmp_path / "o.tsv")
    with folder.held():
        folder.begin(RUN, False)
    (folder.path / "scores-000.part").touch()
    return folder


def begin(folder, run=RUN, force=False):
    with folder.held():
        folder.begin(run, force)


def test_the_same_run_goes_on(begun):
    begin(begun)
    assert (begun.path / "scores-000.part").exists()
    # With an output of before too, and with the --force it may have been begun with.
    begun.output.touch()
    begin(begun)
    begin(begun, force=True)
    assert (begun.path / "scores-000.part").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": ["b", "a"]}, "it was begun with --model in another order"),
        ({"models": ["a", "c"]}, "it was begun with other models"),
        ({"precision": "bf16"}, "it was begun with --precision float32, now it is bf16"),
        ({"device": "cuda"}, "it was begun with --device cpu, now it is cuda"),
    ],
)
def test_another_run_does_not(begun, change, said):
    with pytest.raises(ScoreError) as refused:
        begin(begun, RUN | change)
    assert str(refused.value) == (
        f"{begun.path}: holds scores of another run: {said}; go on as it was begun, name another "
        "--output, or give --force to begin anew"
    )
    assert (begun.path / "scores-000.part").exists()
    begin(begun, RUN | change, force=True)
    assert not (begun.path / "scores-000.part").exists()
    begin(begun, RUN | change)


@pytest.mark.parametrize("content", [b"{", b"[]", json.dumps(RUN | {"format": 0}).encode()])
def test_a_manifest_that_is_none_is_refused(begun, content):
    begun.manifest.write_bytes(content)
    with pytest.raises(ScoreError, match=r"manifest\.json is (damaged|of another version)"):
        begin(begun)
    begin(begun, force=True)


def test_an_output_without_parts_is_replaced_only_by_force(tmp_path):
    folder = PartsFolder(tmp_path / "o.tsv")
    folder.output.touch()
    with pytest.raises(ScoreError, match=r"o\.tsv: exists; give --force to replace it"):
        begin(folder)
    assert not folder.path.exists()
    begin(folder, force=True)
    assert folder.manifest.exists()


def test_only_one_program_at_a_time(begun):
    other = PartsFolder(begun.output)
    with (
        begun.held(),
        pytest.raises(ScoreError, match="another program scores into it now; wait for it"),
    ):
        begin(other)
    begin(other)


def test_somebody_else_s_folder_is_left_alone(tmp_path):
    folder = PartsFolder(tmp_path / "o.tsv")
    folder.path.mkdir()
    (folder.path / "notes.txt").touch()
    for force in (False, True):
        with pytest.raises(ScoreError, match=r"holds notes\.txt, no part of a run"):
            begin(folder, force=force)
    assert (folder.path / "notes.txt").exists()
    (tmp_path / "p.tsv.parts").touch()
    with pytest.raises(ScoreError, match="is a file; expected a folder for what is scored"):
        begin(PartsFolder(tmp_path / "p.tsv"))


def test_the_folder_goes_away_when_all_is_done(begun):
    with begun.held():
        begun.remove()
    assert not begun.path.exists()
