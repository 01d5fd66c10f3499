"""The page of a check, as a parser sees it."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest

from parity.checking.case_result import CaseResult
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.judging.verdict import Verdict
from parity.report import html
from parity.report.checked import Checked

VOID = {"meta", "br", "hr", "img", "input", "link"}
HOSTILE = "<script>alert(1)</script>\"'&\n\x00\ud800 $x_$ \N{GREEK SMALL LETTER ALPHA}"


class Page(HTMLParser):
    """All elements with their attributes, the text, and whether every one is closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def said(self):
        return " ".join(" ".join(self.words).split())


def off(x):
    """A candidate with a mistake in one of seven columns of one output."""
    wrong = x * x.dtype.type(1 / 3)
    wrong[:, 2] += x.dtype.type(0.25)
    return {"mean": x.mean(-1), "scaled": wrong}


@pytest.fixture(scope="module")
def failing(toy, checked):
    return checked(toy(off), configs=("default",))


@pytest.fixture(scope="module")
def failing_page(failing):
    return html.render(failing)


def test_every_case_is_on_the_page_and_those_that_fail_are_open(failing_page, toy, checked):
    assert [d.get("open", "closed") for d in Page(failing_page).all("details")] == [None]
    passing = Page(html.render(checked(toy())))
    assert [d.get("open", "closed") for d in passing.all("details")] == ["closed"] * 2
    assert {"case-1", "case-2"} <= {attributes.get("id") for _, attributes in passing.elements}
    assert re.findall(r"layer, \w+, isolated", passing.said) == [
        "layer, default, isolated",
        "layer, other, isolated",
    ]


def test_what_the_page_says(failing_page):
    said = Page(failing_page).said
    assert "Fails: 1 of 1 case" in said
    assert "where: layer, default, isolated: first difference in scaled" in said
    assert "worst at [" in said
    assert "float64 runs differ by 0.25" in said
    assert "drawn (5 records)" in said


def test_nothing_comes_from_elsewhere_and_no_script_is_needed(failing_page):
    for tag, attributes in Page(failing_page).elements:
        assert tag not in ("script", "link", "iframe", "object", "base", "img")
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href", "action", "data"):
                assert value.startswith(("#", "data:image/png;base64,")), value
    style = failing_page.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_names_within_the_page_are_its_own_and_every_reference_is_met(failing_page):
    elements = Page(failing_page).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    used = set(re.findall(r"url\(#([^)]+)\)", failing_page))
    used |= {
        value[1:]
        for _, attributes in elements
        for name, value in attributes.items()
        if name.endswith("href") and value.startswith("#")
    }
    assert used <= set(ids)


def test_pictures_are_in_words_too_and_in_the_colours_of_the_page(failing_page):
    drawn = Page(failing_page).all("svg")
    assert len(drawn) == 5  # the strip of a row, the shares, and three of the failing output
    assert all(attributes["role"] == "img" and attributes["aria-label"] for attributes in drawn)
    assert "#0" not in re.sub(r"&#\d+;", "", failing_page.partition("<body>")[2])
    assert "var(--candidate)" in failing_page


def test_no_picture_is_shown_twice(toy, checked):
    """Both configurations give the same pictures: the second names them and links to them."""
    parsed = Page(text := html.render(checked(toy(off))))
    figures = re.findall(r"<figure.*?</figure>", text)
    drawn = [re.sub(r"picture-\d+|<title>.*?</title>|<figcaption>.*", "", f) for f in figures]
    assert len(set(drawn)) == len(drawn) == 4
    assert "The same for 1 more: scaled (layer, other, isolated)." in parsed.said
    assert "The same pictures as scaled: error against magnitude" in parsed.said
    links = {a["href"] for a in parsed.all("a")}
    assert {f"#{f['id']}" for f in parsed.all("figure")} & links


def test_words_are_explained_where_they_stand(failing_page):
    said = Page(failing_page).said
    all_cases, each = said.index("All cases", said.index("Settings")), said.rindex("Each case")
    for word in ("isolated :", "cascade :", "float64", "float32", "scale"):
        assert all_cases < said.index(word, all_cases) < each, word
    assert "bound : the largest error that counts as rounding" in said[each:]


def test_tables_have_captions_and_headings_that_say_of_what(failing_page):
    parsed = Page(failing_page)
    assert len(parsed.all("caption")) == len(parsed.all("table")) == 2
    assert all(th.get("scope") in ("col", "row", "colgroup") for th in parsed.all("th"))
    assert parsed.all("html") == [{"lang": "en"}]


def test_the_same_check_gives_the_same_page_whatever_the_user_has_set(failing, failing_page):
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert html.render(failing) == failing_page


def test_a_page_reads_the_same_in_every_encoding(failing_page):
    assert failing_page.isascii()


def test_names_of_a_port_are_never_markup(toy, checked):
    def hostile(x):
        return {HOSTILE: x.astype("f8") * 0.5 + (x > 1), "y": x, "z": x, "w": x}

    def reference(x):
        return {HOSTILE: x.astype("f8") * 0.5, "y": x, "z": x, "w": x}

    port = toy(hostile, reference)
    (pair,) = port.pairs
    port = replace(port, name=HOSTILE, pairs=(replace(pair, layer=HOSTILE),))
    found = checked(port, configs=("default",))
    found = replace(
        found,
        inputs=replace(found.inputs, note=HOSTILE),
        diagnoses=(
            {"layer": HOSTILE, "config": HOSTILE, "explanation": [HOSTILE], "root_causes": []},
        ),
    )
    parsed = Page(html.render(found))
    assert parsed.all("script") == []
    assert {tag for tag, _ in parsed.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "h1", "code", "p", "span"),
        *("ul", "li", "a", "nav", "main", "section", "h2", "h3", "div", "table", "caption"),
        *(
            "thead",
            "tr",
            "th",
            "tbody",
            "td",
            "b",
            "svg",
            "path",
            "ellipse",
            "figure",
            "figcaption",
        ),
        *("details", "summary", "dl", "dt", "dd", "footer", "g", "defs", "use", "text", "rect"),
        *("image", "clippath", "tspan", "figcaption"),
    }
    assert "<script>alert(1)</script>\"'&" in parsed.said
    assert "\x00" not in parsed.said


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ([Verdict.IDENTICAL, Verdict.EQUIVALENT], "Passes: 2 cases"),
        ([Verdict.IDENTICAL, Verdict.IMPRECISE], "Fails: 1 of 2 cases"),
        ([Verdict.NOT_COMPARED, Verdict.STRUCTURE, Verdict.IDENTICAL], "Fails: 1 of 3 cases"),
        ([Verdict.NOT_COMPARED], "Unknown: 1 of 1 case "),
        ([], "Unknown: 0 of 0 cases"),
    ],
)
def test_the_whole_in_words(verdicts, words):
    cases = tuple(CaseResult("l", f"c{n}", "isolated", "in", v) for n, v in enumerate(verdicts))
    found = Checked("toy", {}, InputSet("in", {}), Selection(), cases, (), 1.0)
    assert words in Page(html.render(found)).said


def test_pictures_of_what_is_hard_to_draw(toy, checked):
    """NaN and infinity, all zeros, whole numbers, a scalar: a page comes of each, without ado."""

    def outputs(change):
        def layer(x):
            nan = x.copy()
            nan[0, 0] = np.nan
            nan[1, 1] = np.inf if change else 1
            sure = x > change * 0.5
            return {
                "nan": nan, "zero": 0 * x + change, "sure": sure, "sum": x.sum() * (1 + change),
                "none": x[:0], "round": (3 * x).round().astype(np.int64) + change,
            }  # fmt: skip

        return layer

    found = checked(toy(outputs(1), outputs(0)), configs=("default",))
    parsed = Page(html.render(found))
    captions = parsed.said
    assert "nan: largest error by position, the same in float32 and float64." in captions
    assert "sure: where the two differ, by position." in captions
