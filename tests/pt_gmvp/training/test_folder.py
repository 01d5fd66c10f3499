import json

import pytest

from converters.errors import InputError
from pt_gmvp.training.folder import RunFolder, check_same, reporting_failed_writes


@pytest.mark.parametrize(
    ("content", "resume", "message"),
    [
        ({"notes": ""}, False, "contains notes; give --resume to continue the run"),
        ({"notes": ""}, True, "contains notes but no config.json, so there is no run to resume"),
        ({"config.json": "{"}, True, "not JSON"),
        ({"config.json": "[]"}, True, "not the configuration of a run"),
    ],
)
def test_a_folder_that_holds_something_else_is_refused(content, resume, message, tmp_path):
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        RunFolder(tmp_path).read_config(resume)


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(InputError, match="is a file; expected a folder for the run"):
        RunFolder(tmp_path / "run").read_config(False)


def test_a_new_or_empty_folder_holds_no_run(tmp_path):
    assert RunFolder(tmp_path).read_config(False) is None
    assert RunFolder(tmp_path / "new").read_config(True) is None


def test_the_configuration_of_a_run_is_written_once(tmp_path):
    folder, config = RunFolder(tmp_path / "run"), {"run": {"seed": 3}}
    folder.create(config)
    assert folder.read_config(True) == config == json.loads(folder.config.read_bytes())
    folder.create({"run": {"seed": 4}})
    assert folder.read_config(True) == config


def test_a_key_that_differs_is_named(tmp_path):
    before = {"model": {"d_fc": 8}, "run": {"seed": 0, "form": "plain"}}
    check_same(tmp_path, before, {"model": {"d_fc": 8}, "run": {"seed": 0, "form": "plain"}})
    for asked, what in (
        ({"model": {"d_fc": 9}}, "model.d_fc 8, now it is 9"),
        ({"run": {"seed": 0}}, "run.form 'plain', now it is None"),
    ):
        with pytest.raises(
            InputError, match=f"the run was started with {what}; resume with the same"
        ):
            check_same(tmp_path, before, asked)


@pytest.mark.parametrize("recorded", [{"model": {"d_fc": 8}}, {"model": {"d_fc": 8}, "data": 3}])
def test_a_model_s_folder_is_not_resumed(tmp_path, recorded):
    asked = {"model": {"d_fc": 9}, "data": {"cv": 1}}
    with pytest.raises(
        InputError, match="no section data, so this may be a model but is not a run"
    ):
        check_same(tmp_path, recorded, asked)


def test_a_failed_write_is_reported_with_the_file_and_the_next_step(tmp_path):
    with (
        pytest.raises(InputError, match=r"none/x: cannot be written \(No such file.* still valid"),
        reporting_failed_writes(tmp_path),
    ):
        (tmp_path / "none" / "x").write_text("")
