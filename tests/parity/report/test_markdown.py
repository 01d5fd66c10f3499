"""The Markdown of a check: what fails, what is folded, and how much of it is shown."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from parity.report import markdown

READER = MarkdownIt("commonmark").enable("table")


@pytest.fixture
def failing(toy, check_port):
    return check_port(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))


def test_a_failing_case_is_shown_with_its_reasons(failing):
    text = markdown.render(failing)
    assert "parity, toy: ✗ 2 of 2 cases failing" in text
    assert "#### ✗ layer, default, isolated: different" in text
    assert "- scaled different: float64 runs differ by" in text
    assert "<details>" not in text
    assert (
        "\n- where: layer, default, isolated: first difference in scaled\n- why: float64 runs"
        in text
    )


def test_passing_cases_are_folded(toy, check_port):
    text = markdown.render(check_port(toy()))
    assert "parity, toy: ✓ 2 cases pass" in text
    assert "<details><summary>2 cases that pass</summary>" in text
    assert "where:" not in text
    html = READER.render(text)
    assert html.count("<tr>") == 2 + 3  # layers, then cases, a heading each


def test_a_diagnosis_is_shown_in_the_words_of_the_terminal(failing):
    said = {
        "layer": "layer",
        "config": "default",
        "explanation": ["where: first difference in scaled", "why: <b>"],
        "root_causes": [],
    }
    text = markdown.render(replace(failing, diagnoses=(said,)))
    assert (
        "#### Why layer, default differs\n\n- where: first difference in scaled\n- why: &lt;b&gt;"
        in text
    )


def test_only_the_first_of_very_many_failures_are_shown(failing):
    many = replace(failing, results=failing.results * 60)
    text = markdown.render(many)
    assert text.count("#### ✗") == 50
    assert "And 70 more cases that do not pass." in text
    assert len(text.encode()) < 2**20
