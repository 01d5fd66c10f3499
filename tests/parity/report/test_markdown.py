"""Markdown: read back by a parser, with names that would break out of a table."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from parity.report import markdown
from parity.report.markdown_text import escape, table

READER = MarkdownIt("commonmark").enable("table")


@pytest.fixture
def failing(toy, check_port):
    return check_port(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))


def inline(text):
    """All that a reader of the rendered text sees, piece by piece, and every tag in it."""
    seen, tags = [], []
    for token in READER.parse(text):
        for child in token.children or ():
            if child.type == "text":
                seen.append(child.content)
            elif child.type not in ("softbreak", "text_special"):
                tags.append(child.type)
            else:
                seen.append(child.content)
    return "".join(seen), tags


@given(st.text())
def test_escaped_text_shows_as_it_is(text):
    """Whatever stands in it, in a sentence: no tag comes of it, and every character is seen."""
    seen, tags = inline(f"x {escape(text)} x")
    assert tags == []
    kept = "".join(c if c.isprintable() else " " for c in text)
    assert seen.split() == ["x", *kept.split(), "x"]


@given(st.one_of(st.text(), st.from_regex(r"([-+=>*#]|\d{1,3}[.)]) x", fullmatch=True)))
def test_an_item_of_a_list_stays_one_item(text):
    tokens = [token.type for token in READER.parse(f"- {escape(text)}\n- x")]
    assert tokens.count("bullet_list_open") == 1
    assert tokens.count("list_item_open") == 2
    assert "ordered_list_open" not in tokens
    assert "heading_open" not in tokens


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=4))
def test_no_cell_breaks_a_table(rows):
    tokens = READER.parse("\n".join(table(("one", " two"), rows)))
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"
    assert sum(token.type == "td_open" for token in tokens) == 2 * len(rows)


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
