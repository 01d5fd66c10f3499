"""Reading of a run's folder, and where its data are."""

import json
import shutil

import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.analysis.diagnosis.finished_run import Predicted, open_run, source_of
from pt_gmvp.analysis.diagnosis.questions import Request, diagnose
from pt_gmvp.training.split import Source


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("metrics.jsonl", "{", "is damaged"),
        ("metrics.jsonl", "", "no finished epoch"),
        ("predictions/epoch-1.tsv", "var\n", "contains no variant"),
        ("predictions/epoch-1.tsv", "var\tgMVP\nx\t0.5\n", "not a table of var, gMVP and label"),
        ("predictions/epoch-1.tsv", None, "No such file"),
    ],
)
def test_a_damaged_run_is_one_line(file, content, line, trained, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run")
    for path in run.glob(file.replace("epoch-1", "*")):
        path.unlink()
        if content is not None:
            path.write_text(content)
    with pytest.raises(InputError, match=line):
        diagnose(Request(run))


def test_the_kept_epoch_is_that_of_the_training_s_rule(plant, tmp_path):
    run = plant("overfit").write(tmp_path / "run")
    losses = [epoch["loss"] for epoch in run.epochs]
    assert run.kept == 1 + losses.index(min(losses))
    assert run.last == len(losses)


@pytest.mark.parametrize(
    ("monitor", "values", "kept"),
    [
        ("loss", [0.5, 0.3, 0.4], 2),
        ("auroc", [0.5, 0.7, 0.6], 2),
        ("loss", [0.3, 0.3, 0.4], 1),
        ("loss", [None, 0.4, None], 2),
        ("auroc", [None, None, None], 3),
    ],
)
def test_epochs_without_a_value_are_kept_only_if_all_lack_one(
    plant, tmp_path, monitor, values, kept
):
    path = tmp_path / "run"
    plant("healthy").write(path)
    config = json.loads((path / "config.json").read_text())
    config["training"]["monitor"] = monitor
    (path / "config.json").write_text(json.dumps(config))
    lines = [
        {"kind": "epoch", "epoch": number, monitor: value} for number, value in enumerate(values, 1)
    ]
    (path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert open_run(path).kept == kept


def test_losses_are_cross_entropies_and_finite_for_certainties():
    labels = np.array([1.0, 0.0, 1.0, 0.0])
    found = Predicted(list("abcd"), np.array([0.8, 0.8, 0.0, 1.0]), labels).losses
    assert found[:2] == pytest.approx([-np.log(0.8), -np.log(0.2)])
    assert np.isfinite(found).all()
    assert (found[2:] > 15).all()


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a run; expected a folder made by gmvp train --out"):
        open_run(tmp_path)


@pytest.fixture
def recorded(plant, tmp_path):
    """Return a function that writes a run that recorded these arguments, split as told."""

    def write(kind="ten files", **session):
        path = tmp_path / "run"
        run = plant("healthy").write(path)
        run.config["data"]["kind"] = kind
        (path / "environment.json").write_text(json.dumps({"sessions": [{}, session]}))
        return run

    return write


def test_the_data_are_those_recorded_unless_others_are_given(recorded, tmp_path):
    own, other = tmp_path / "own", tmp_path / "other"
    for folder in (own, other):
        folder.mkdir()
    arguments = ["--features", str(own), f"--validation={own}"]
    run = recorded("table", data=str(own), arguments=arguments)
    assert source_of(run, None, None, None) == Source(own, own, 0, 0, own)
    assert source_of(run, other, other, other) == Source(other, other, 0, 0, other)


def test_a_run_on_lists_of_files_finds_them_where_the_data_are_now(recorded, tmp_path):
    run = recorded("listed files", data="/nowhere")
    run.config["data"] |= {"files": ["a", "b/c"], "validation_files": ["d"]}
    found = source_of(run, tmp_path, None, None)
    assert found.files == ([tmp_path / "a", tmp_path / "b/c"], [tmp_path / "d"])


@pytest.mark.parametrize(
    ("kind", "option", "said"),
    [
        ("ten files", "features", "--features: the run was split by its files of records; leave"),
        ("listed files", "validation", "--validation: the run was split by its files of records"),
        ("store", "features", "--features: the run was trained on records, not a table; leave"),
    ],
)
def test_a_path_that_the_run_has_no_use_for_is_refused(recorded, tmp_path, kind, option, said):
    run = recorded(kind, data=str(tmp_path))
    given = {"features": None, "validation": None, option: tmp_path}
    with pytest.raises(InputError, match=said):
        source_of(run, None, **given)


@pytest.mark.parametrize(
    ("kind", "session", "said"),
    [
        ("ten files", {}, "does not name the data; give --data"),
        ("ten files", {"data": "/nowhere"}, "/nowhere: the run's data are missing; give --data"),
        (
            "ten files",
            {"data": "/", "arguments": ["--features", "/nowhere"]},
            "/nowhere: the run's data are missing; give --features",
        ),
        ("list", {"data": "/", "arguments": ["--validation"]}, "give --validation LIST"),
    ],
)
def test_data_that_are_not_there_are_named_with_their_option(recorded, kind, session, said):
    with pytest.raises(InputError, match=said):
        source_of(recorded(kind, **session), None, None, None)


def test_a_damaged_environment_names_no_data(recorded):
    run = recorded(data="/")
    run.folder.environment.write_text("{")
    with pytest.raises(InputError, match="does not name the data"):
        source_of(run, None, None, None)
