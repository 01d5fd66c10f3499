"""Reports of trainings: table, answer, details, JSON document and exit code."""

import json
from dataclasses import replace

import pytest

from parity.declaring.training import Course, split
from parity.judging.verdict import Verdict
from parity.report.terminal import console
from parity.train import report
from parity.train.lockstep import Lockstep
from tests.parity.numpy_training import load, make

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course():
    trained, held_out = split(load(None, 1, 10), 0.2, 1)
    return Course(trained, held_out, 3, 4, 1)


@pytest.fixture(scope="module")
def right(course):
    return Lockstep(make(), course).run()


@pytest.fixture(scope="module")
def wrong(course):
    return Lockstep(make("decay times the rate"), course).run()


def printed(capsys, training):
    report.print_training(console(), training, ("numpy", "torch"))
    return capsys.readouterr().out.splitlines()


def test_the_table(capsys, right):
    title, header, *rows, answer, overfitting = printed(capsys, right)
    assert title == "adam  3 steps of 4 out of 8 records, 2 held out"
    assert header.split("  ")[0] == "step"
    assert [row.split()[0] for row in rows] == ["1", "2", "3"]
    assert [len(row.split()) for row in rows] == [11, 11, 11]
    assert answer == report.answer(right)
    assert "overfit" in overfitting


def test_the_table_without_held_out_records(capsys, right):
    bare = replace(right, course=replace(right.course, held_out=None), evaluations=())
    title, header, *rows, answer = printed(capsys, bare)
    assert title == "adam  3 steps of 4 out of 8 records"
    assert "held out" not in header
    assert [len(row.split()) for row in rows] == [9, 9, 9]
    assert answer == report.answer(right)


def test_answers(right, wrong):
    assert report.answer(right).startswith(
        "equivalent: the candidate trains as the reference does."
    )
    assert report.answer(wrong).startswith("different: the sides diverge at step 1: the loss and")
    failed = replace(right, verdict=Verdict.NOT_COMPARED, notes=("the candidate failed",))
    assert report.answer(failed) == "not compared: the candidate failed"
    assert report.answer(replace(failed, notes=())) == "not compared: no step was run"


def test_details(right, wrong):
    assert report.details(wrong)[0].startswith("  weight/hidden/kernel: float64 runs differ by ")
    assert len(report.details(wrong)) <= 3
    assert report.details(replace(right, notes=("a note",), evaluations=())) == ["a note"]
    failed = replace(right, verdict=Verdict.NOT_COMPARED, notes=("failed",), evaluations=())
    assert report.details(failed) == []  # the answer has it


def test_the_document(right, wrong):
    document = report.document("port", {"numpy": "2"}, [right, wrong])
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["schema"] == {"name": "parity-train", "version": 2}
    assert document["verdict"] == "different"
    first, second = document["trainings"]
    assert first["divergence"] is None
    assert first["answer"] == report.answer(right)
    assert [step["step"] for step in first["steps"]] == [1, 2, 3]
    assert first["steps"][0]["closest_to_bound"]["verdict"] == "equivalent"
    assert first["evaluation"][0]["step"] == 0
    divergence = second["divergence"]
    assert (divergence["step"], divergence["kind"]) == (1, "weight")
    assert "the candidate decays the weights apart from" in divergence["root_cause"]
    assert divergence["root_cause"].endswith(divergence["causes"][0])
    assert (divergence["unknown"], divergence["tried"]) == ("", [])
    assert {quantity["verdict"] for quantity in divergence["quantities"]} == {"different"}
