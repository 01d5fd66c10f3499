"""Escaped Markdown, read back by a parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from parity.report.markdown_text import escape, folded, table

READER = MarkdownIt("commonmark").enable("table")


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


def test_a_column_of_numbers_is_marked_by_a_space():
    assert table(("layer", " cases"), [("a|b", "2")]) == [
        "| layer | cases |",
        "| --- | ---: |",
        "| a\\|b | 2 |",
    ]
    assert table(("one",), []) == ["| one |", "| --- |"]


def test_folded_lines_keep_their_markup_and_the_title_has_none():
    lines = folded("<b>two cases</b>", ["- *one*"])
    assert lines[0] == "<details><summary>&lt;b&gt;two cases&lt;/b&gt;</summary>"
    assert lines[2] == "- *one*"
    assert lines[-1] == "</details>"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("1. x", "1\\. x"), ("1.5", "1.5"), ("- x", "\\- x"), ("a\n\x00 b", "a b"), ("", "")],
)
def test_only_what_would_be_markup_is_escaped(text, escaped):
    assert escape(text) == escaped
