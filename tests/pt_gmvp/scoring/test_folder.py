"""A folder of parts: only the same run continues it, and only one program at a time."""

import json

import pytest

from converters.errors import InputError
from pt_gmvp.scoring.folder import PartsFolder

RUN = {"models": ["a", "b"], "precision": "float32", "device": "cpu"}


@pytest.fixture
def started(tmp_path):
    folder = PartsFolder(tmp_path / "o.tsv")
    with folder.locked():
        folder.start(RUN, False)
    (folder.path / "scores-000.part").touch()
    return folder


def start(folder, run=RUN, force=False):
    with folder.locked():
        folder.start(run, force)


def test_the_same_run_continues(started):
    start(started)
    assert (started.path / "scores-000.part").exists()
    # Also with an output from before, and with the --force it may have been started with.
    started.output.touch()
    start(started)
    start(started, force=True)
    assert (started.path / "scores-000.part").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"models": ["b", "a"]}, "it was started with --model in another order"),
        ({"models": ["a", "c"]}, "it was started with other models"),
        ({"precision": "bf16"}, "it was started with --precision float32, now it is bf16"),
        ({"device": "cuda"}, "it was started with --device cpu, now it is cuda"),
    ],
)
def test_another_run_does_not(started, change, said):
    with pytest.raises(InputError) as refused:
        start(started, RUN | change)
    assert str(refused.value) == (
        f"{started.path}: contains scores of another run: {said}; continue it as it was started, "
        "name another --output, or give --force to start over"
    )
    assert (started.path / "scores-000.part").exists()
    start(started, RUN | change, force=True)
    assert not (started.path / "scores-000.part").exists()
    start(started, RUN | change)


@pytest.mark.parametrize("content", [b"{", b"[]", json.dumps(RUN | {"format": 0}).encode()])
def test_a_manifest_that_is_none_is_refused(started, content):
    started.manifest.write_bytes(content)
    with pytest.raises(InputError, match=r"manifest\.json is (damaged|of another version)"):
        start(started)
    start(started, force=True)


def test_an_output_without_parts_is_replaced_only_by_force(tmp_path):
    folder = PartsFolder(tmp_path / "o.tsv")
    folder.output.touch()
    with pytest.raises(InputError, match=r"o\.tsv: exists; give --force to replace it"):
        start(folder)
    assert not folder.path.exists()
    start(folder, force=True)
    assert folder.manifest.exists()


def test_only_one_program_at_a_time(started):
    other = PartsFolder(started.output)
    with (
        started.locked(),
        pytest.raises(InputError, match="another program is scoring in it; wait for it"),
    ):
        start(other)
    start(other)


def test_somebody_else_s_folder_is_left_alone(tmp_path):
    folder = PartsFolder(tmp_path / "o.tsv")
    folder.path.mkdir()
    (folder.path / "notes.txt").touch()
    for force in (False, True):
        with pytest.raises(InputError, match=r"contains notes\.txt, which is not part of a run"):
            start(folder, force=force)
    assert (folder.path / "notes.txt").exists()
    (tmp_path / "p.tsv.parts").touch()
    with pytest.raises(InputError, match="is a file; expected a folder for finished scores"):
        start(PartsFolder(tmp_path / "p.tsv"))


def test_the_folder_goes_away_when_all_is_done(started):
    with started.locked():
        started.remove()
    assert not started.path.exists()
