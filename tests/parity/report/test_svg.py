"""Figures as inline SVG: the same for the same figure, with ids and colours of the page."""

import re
from xml.etree import ElementTree

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from parity.report.svg import CANDIDATE, FAIL, TEXT, draw, drawing, inline, printable


def figure(color=CANDIDATE, text="a $name$"):
    made = Figure(figsize=(2, 1))
    axes = made.add_subplot()
    axes.plot([1, 2, 3], [3, 1, 2], "o-", color=color)
    axes.set_title(text, color=TEXT)
    return made


def drawn(**options):
    with drawing():
        return draw(figure(**options))


def test_the_same_figure_is_the_same_text_whatever_the_user_has_set():
    first = drawn()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert drawn() == first
    assert drawn(color=FAIL) != first


def test_settings_of_the_user_come_back():
    with matplotlib.rc_context({"font.size": 30}):
        with drawing():
            assert matplotlib.rcParams["font.size"] == 8
        assert matplotlib.rcParams["font.size"] == 30


def test_it_is_an_image_with_a_title_in_the_colours_of_the_page():
    text = inline(drawn(text="$x$ < 1"), "p", 'a "title" < b')
    root = ElementTree.fromstring(text)
    assert (root.get("role"), root.get("aria-label")) == ("img", 'a "title" < b')
    assert root[0].text == 'a "title" < b'
    assert "viewBox" in root.attrib
    assert not {"width", "height", "version"} & set(root.attrib)
    assert "var(--candidate)" in text
    assert not re.search("#0[1-6]0[1-6]0[1-6]", text)
    assert "$x$ &lt; 1" in text
    assert "\n" not in text
    assert "metadata" not in text
    assert "<style" not in text


def test_ids_have_the_key_and_are_all_referred_to():
    text = inline(drawn(), "key", "t")
    ids = re.findall(r'\bid="([^"]+)"', text)
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert ids
    assert set(ids) == {one or other for one, other in used}
    assert all(re.fullmatch(r"key-\d+", name) for name in ids)
    other = re.findall(r'\bid="([^"]+)"', inline(drawn(), "other", "t"))
    assert not set(ids) & set(other)


@given(st.text())
def test_printable_text_is_one_line_of_the_same_length(text):
    found = printable(text)
    assert len(found) == len(text)
    assert found.isprintable()
    assert printable(found) == found


@pytest.mark.parametrize(
    ("text", "shown"), [("a\tb\nc", "a b c"), ("\x00\ud800", "��"), ("α $x$ <", "α $x$ <")]
)
def test_characters_that_xml_cannot_hold_are_replaced(text, shown):
    assert printable(text) == shown
