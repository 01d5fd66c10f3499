import json
import math

import pytest

from pt_gmvp.runs.folder import Lines, RunError, RunFolder, check_same, read_lines


def test_lines_are_cut_back_and_gone_on_with(tmp_path):
    path = tmp_path / "lines.jsonl"
    first = Lines(path)
    first.write({"a": 1 / 3, "b": math.nan})
    size = first.settle()
    first.write({"a": 2})
    first.close()
    again = Lines(path, size)
    again.write({"a": math.inf})
    again.close()
    assert read_lines(path) == [{"a": 1 / 3, "b": None}, {"a": None}]
    with pytest.raises(RunError, match=r"has \d+ bytes, its checkpoint was taken after 1000;"):
        Lines(path, 1000)


@pytest.mark.parametrize(
    ("held", "resume", "message"),
    [
        ({"notes": ""}, False, "holds notes; give --resume to go on"),
        ({"notes": ""}, True, "holds notes but no config.json, so there is no run to resume"),
        ({"config.json": "{"}, True, "not JSON"),
        ({"config.json": "[]"}, True, "no configuration of a run"),
    ],
)
def test_a_folder_that_holds_something_else_is_refused(held, resume, message, tmp_path):
    for name, content in held.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(RunError, match=message):
        RunFolder(tmp_path).recorded(resume)


def test_a_file_in_the_folders_place_is_refused(tmp_path):
    (tmp_path / "run").touch()
    with pytest.raises(RunError, match="is a file; expected a folder for the run"):
        RunFolder(tmp_path / "run").recorded(False)


def test_a_folder_that_is_new_or_empty_is_no_run(tmp_path):
    assert RunFolder(tmp_path).recorded(False) is None
    assert RunFolder(tmp_path / "new").recorded(True) is None


def test_a_run_that_was_begun_is_recorded(tmp_path):
    folder, config = RunFolder(tmp_path / "run"), {"run": {"seed": 3}}
    folder.begin(config)
    assert folder.recorded(True) == config == json.loads(folder.config.read_bytes())
    folder.begin({"run": {"seed": 4}})
    assert folder.recorded(True) == config


def test_any_key_that_differs_is_named(tmp_path):
    before = {"model": {"d_fc": 8}, "run": {"seed": 0, "form": "plain"}}
    check_same(tmp_path, before, {"model": {"d_fc": 8}, "run": {"seed": 0, "form": "plain"}})
    for asked, what in (
        ({"model": {"d_fc": 9}}, "model.d_fc 8, now it is 9"),
        ({"run": {"seed": 0}}, "run.form 'plain', now it is None"),
    ):
        with pytest.raises(RunError, match=f"the run was begun with {what}; resume with the same"):
            check_same(tmp_path, before, asked)


@pytest.mark.parametrize("recorded", [{"model": {"d_fc": 8}}, {"model": {"d_fc": 8}, "data": 3}])
def test_a_model_s_folder_is_no_run_to_go_on_with(tmp_path, recorded):
    asked = {"model": {"d_fc": 9}, "data": {"cv": 1}}
    with pytest.raises(RunError, match="no section data, so it is no run's but, maybe, a model's"):
        check_same(tmp_path, recorded, asked)
