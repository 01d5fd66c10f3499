"""Recording: what `bundle.json` holds is read back, and nothing dangerous is written or read."""

import json
from dataclasses import replace

import pytest

from parity.errors import ParityError, StaleError
from parity.record import recording


@pytest.fixture
def stored(folder):
    """Return the recording of a small port, read from its folder."""
    return recording.read(folder)


def test_everything_is_read_back(stored, tmp_path):
    copied = replace(stored, folder=tmp_path)
    recording.write(copied)
    assert recording.read(tmp_path) == copied
    assert [case.key for case in stored.cases.values()] == list(stored.cases)
    assert stored.cases.keys() == {(name, "default") for name in ("whole", "one", "two")}


@pytest.mark.parametrize("errors", [None, {}, {"y": 0.5}])
@pytest.mark.parametrize("differentiate", [None, (), ("y",)])
def test_optional_parts_of_a_case(stored, tmp_path, errors, differentiate):
    case = replace(
        next(iter(stored.cases.values())), reference_errors=errors, differentiate=differentiate
    )
    recording.write(replace(stored, folder=tmp_path, cases={case.key: case}))
    assert recording.read(tmp_path).cases == {case.key: case}


def test_a_name_that_could_control_a_terminal_is_not_written(stored, tmp_path):
    with pytest.raises(ParityError, match=r"cannot be recorded: .* characters that cannot be"):
        recording.write(replace(stored, folder=tmp_path, inputs_title="\x1b[2J"))
    assert not recording.is_recording(tmp_path)


def test_a_folder_is_a_recording_by_its_description(folder, tmp_path):
    assert recording.is_recording(folder)
    assert not recording.is_recording(tmp_path)
    (tmp_path / recording.NAME).write_text("of whatever format")
    assert recording.is_recording(tmp_path)


def test_what_is_wrong_with_a_file(stored):
    case = next(iter(stored.cases.values()))
    path = stored.path(case)
    assert stored.missing(case) == stored.damaged(case) == ""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")
    assert stored.missing(case) == ""
    assert stored.damaged(case) == f"{path} is damaged: its checksum has changed"
    path.write_bytes(content[:-1])
    said = f"{path} has {len(content) - 1} bytes instead of {len(content)}"
    assert stored.missing(case) == stored.damaged(case) == said
    path.unlink()
    assert stored.missing(case) == stored.damaged(case) == f"{path} does not exist"


@pytest.mark.parametrize("commit", [{"id": 3, "dirty": False}, {"id": "3"}, {"dirty": True}])
def test_a_commit_of_another_form_is_damage(stored, folder, commit):
    document = json.loads((folder / recording.NAME).read_text())
    document["provenance"]["commit"] = commit
    (folder / recording.NAME).write_text(json.dumps(document))
    with pytest.raises(StaleError, match="damaged"):
        recording.read(folder)
