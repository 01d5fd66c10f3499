"""A verdict on a terminal, as Markdown and as JSON."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

from pt_gmvp.analysis.diagnosis import balance, calibration
from pt_gmvp.analysis.diagnosis.estimates import Estimate
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.report import as_json, as_markdown, plain, print_verdict
from pt_gmvp.analysis.diagnosis.verdict import weigh


def gene(name):
    return {
        "transcript": name, "training": 1200, "training_harmful": 7, "validation": 2,
        "validation_harmful": 0,
    }  # fmt: skip


BIN = {"low": 0.0, "high": 0.25, "variants": 1500, "predicted": 0.125, "observed": 0.2}
VERDICT = weigh(
    [
        Answer("curves", [Finding("it rises | falls", Fault.OVERFITS), Finding("and more")]),
        Answer(calibration.QUESTION, [Finding("even")], numbers={"bins": [BIN]}),
        Answer(
            balance.QUESTION,
            [Finding("it is so", Fault.GENE, certain=False)],
            numbers={"genes": [gene(f"T{n}") for n in range(12)], "gene": math.nan},
        ),
        Answer("labels", [Finding("none", Fault.UNLEARNABLE)]),
        Answer("lockstep", skipped="no TensorFlow"),
    ]
)


@pytest.fixture
def run(plant, tmp_path):
    return plant("healthy").write(tmp_path / "my run")


def test_the_terminal_has_the_verdict_the_evidence_the_tables_and_the_advice():
    stream = io.StringIO()
    print_verdict(VERDICT, stream)
    text = stream.getvalue()
    assert text.splitlines()[0] == VERDICT.sentence
    for words in (
        "it rises | falls", "suspected: the model only knows the gene", "no TensorFlow",
        "0.000 to 0.250", "1,500", "7 of 1,200", "0 of 2", "and 2 more",
        "the model overfits: a consequence, since the labels cannot be learned",
    ):  # fmt: skip
        assert words in text
    assert "T9" in text
    assert "T10" not in text
    assert all(line in text for line in VERDICT.advice)


def test_a_healthy_run_has_no_advice():
    stream = io.StringIO()
    print_verdict(weigh([Answer("curves", [Finding("flat")])]), stream)
    assert stream.getvalue().rstrip().endswith("flat")


def test_markdown_is_one_table_for_each_question_with_numbers(run):
    text = as_markdown(run, VERDICT, Path("folder/found.png"))
    assert text.startswith(f"# my run: {VERDICT.sentence}\n")
    assert "(found.png)" in text
    assert "it rises \\| falls" in text
    assert text.count("\n| --- |") == 3
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {calibration.QUESTION}", f"## {balance.QUESTION}", "## What to do",
    ]  # fmt: skip
    assert "![" not in as_markdown(run, VERDICT, None)


def test_markdown_reads_back_as_tables(run):
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").enable("table").render(as_markdown(run, VERDICT, None))
    assert html.count("<table>") == 3
    assert html.count("<td>0 of 2</td>") == 10


def test_json_has_names_for_faults_and_null_for_what_is_not_finite(run):
    found = json.loads(as_json(run, VERDICT))
    assert (found["faults"], found["suspected"]) == (["unlearnable"], ["gene"])
    assert found["consequences"] == {"overfits": "unlearnable"}
    assert found["epoch"] == run.kept
    assert found["answers"][2]["numbers"]["gene"] is None
    assert found["answers"][0]["findings"][1] == {
        "text": "and more",
        "fault": None,
        "certain": True,
    }
    assert [answer["skipped"] for answer in found["answers"]] == [None] * 4 + ["no TensorFlow"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.float64("inf"), None),
        (np.bool_(True), True),
        (Estimate(0.5, math.nan, 3), {"value": 0.5, "error": None, "variants": 3}),
        ({1: (np.int64(2), [math.inf])}, {"1": [2, [None]]}),
        ("text", "text"),
    ],
)
def test_numbers_become_those_of_json(value, expected):
    assert plain(value) == expected
    json.dumps(plain(value), allow_nan=False)
