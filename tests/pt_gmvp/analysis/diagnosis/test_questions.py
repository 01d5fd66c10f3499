"""`gmvp diagnose` on a run that was trained, as its user has it."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from converters.errors import InputError
from pt_gmvp.analysis.diagnosis import lockstep
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.questions import Request, diagnose
from pt_gmvp.cli import app

QUICK = ["--shuffles", "2", "--shuffle-steps", "2", "--lockstep", "0"]


def gmvp(*arguments):
    return CliRunner().invoke(app, ["diagnose", *map(str, arguments)])


@pytest.fixture(scope="module")
def said(trained, tmp_path_factory):
    """What one diagnosis prints and writes."""
    folder = tmp_path_factory.mktemp("diagnosis")
    files = {name: folder / f"found.{name}" for name in ("json", "md", "png")}
    result = gmvp(
        trained, *QUICK, "--json", files["json"], "--markdown", files["md"], "--plot", files["png"]
    )
    return result, files


def test_every_question_is_answered_or_said_not_to_be(said):
    result, files = said
    assert result.exit_code in (0, 1), result.output
    document = json.loads(files["json"].read_bytes())
    assert [(a["question"], bool(a["skipped"])) for a in document["answers"]] == [
        ("learning curves", False),
        ("calibration", False),
        ("training against validation", False),
        ("leakage between folds", False),
        ("class balance by gene", False),
        ("label-shuffle control", False),
        ("lockstep with the original", True),
    ]
    assert result.exit_code == (1 if document["faults"] else 0)
    for answer in document["answers"]:
        assert answer["skipped"] or answer["findings"]
        for finding in answer["findings"]:
            assert finding["text"] in result.output
            assert finding["text"].replace("|", "\\|") in files["md"].read_text()
    assert result.stdout.splitlines()[0] == document["verdict"]
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    assert "(found.png)" in files["md"].read_text()


def test_the_shared_position_is_found(said):
    # Each of the ten files has two places of the file before and two of the next.
    document = json.loads(said[1]["json"].read_bytes())
    shared = document["answers"][3]["numbers"]
    assert shared["position"]["variants"] == 4
    assert shared["window"]["variants"] == 4
    assert shared["variant"]["variants"] == 0


def test_the_same_again_gives_the_same(trained, said):
    _, again = diagnose(Request(trained, shuffles=2, shuffle_steps=2, lockstep=0))
    document = json.loads(said[1]["json"].read_bytes())
    texts = [f["text"] for a in document["answers"] for f in a["findings"]]
    assert [f.text for a in again.answers for f in a.findings] == texts


def test_json_on_standard_output_is_json_alone(trained):
    run = gmvp(trained, "--shuffles", 0, "--lockstep", 0, "--json", "-")
    assert json.loads(run.stdout)["answers"][5]["skipped"] == "not requested; give --shuffles 4"
    assert run.exit_code in (0, 1), run.stderr


def test_without_its_data_the_rest_is_asked(trained, tmp_path):
    moved = shutil.copytree(trained, tmp_path / "run")
    sessions = json.loads((moved / "environment.json").read_bytes())
    sessions["sessions"][-1]["data"] = "/nowhere"
    (moved / "environment.json").write_text(json.dumps(sessions))
    _, verdict = diagnose(Request(moved, lockstep=0))
    assert [answer.question for answer in verdict.answers if not answer.skipped] == [
        "learning curves",
        "calibration",
    ]
    assert all("give --data" in a.skipped for a in verdict.answers[2:6])


def test_predictions_that_are_not_finite_are_divergence(trained, tmp_path):
    moved = shutil.copytree(trained, tmp_path / "run")
    for path in (moved / "predictions").iterdir():
        rows = path.read_text().splitlines()
        name, _, label = rows[1].split("\t")
        path.write_text("\n".join([rows[0], f"{name}\tnan\t{label}", *rows[2:]]) + "\n")
    result = gmvp(moved, "--shuffles", 0, "--lockstep", 0, "--plot", tmp_path / "x.png")
    assert result.exit_code == 1
    assert result.stdout.startswith("the training diverged")


def test_other_data_are_refused(trained, tmp_path, data):
    other = shutil.copytree(data, tmp_path / "data")
    names = sorted(path.name for path in other.iterdir())
    for name in names:
        (other / name).rename(other / f"{name}.was")
    for name, after in zip(names, names[1:] + names[:1], strict=True):
        (other / f"{name}.was").rename(other / after)
    with pytest.raises(InputError, match="predictions are for variants other than those"):
        diagnose(Request(trained, data=other))


def test_a_port_that_is_wrong_is_what_is_told_first(trained, monkeypatch):
    finding = Finding("different: planted", Fault.PORT)
    monkeypatch.setattr(
        lockstep, "run", lambda *given, **named: Answer(lockstep.QUESTION, [finding])
    )
    result = gmvp(trained, "--shuffles", 0)
    assert result.exit_code == 1
    assert "the port is wrong" in result.output


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{empty}"], "not a run; expected a folder made by gmvp train"),
        (["{run}", "--shuffles", "1"], "--shuffles 1: one pair has no spread"),
        (["{run}", "--json", "-", "--markdown", "-"], "cannot both be -; name a file"),
        (["{run}", "--plot", "{empty}"], "is a folder; expected a file to write"),
        (["{run}", "--json", "{empty}/no/x"], "does not exist; create it first"),
        (["{run}", "--data", "/nowhere"], "/nowhere: the run's data are missing; give --data"),
    ],
)
def test_what_is_wrong_with_the_call_is_one_line(arguments, line, trained, tmp_path):
    given = [a.format(run=trained, empty=tmp_path) for a in arguments]
    result = gmvp(*given)
    assert result.exit_code == 2
    assert line in result.output
    assert "Traceback" not in result.output


def test_what_is_not_installed_is_named(monkeypatch, trained):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sklearn" else found(name)
    )
    result = gmvp(trained)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: sklearn is not installed, and gmvp diagnose needs it")


def test_help_is_instant():
    code = (
        "import sys, runpy; sys.argv = ['gmvp', 'diagnose', '--help']\n"
        "try: runpy.run_module('pt_gmvp.cli', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'scipy', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert run.stdout.splitlines()[-1] == "[]"
