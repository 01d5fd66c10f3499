"""The page of a map: its data are the table's, nothing comes from elsewhere, words are escaped."""

import base64
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pytest

from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.captions import Caption
from pt_gmvp.analysis.heatmap.colors import Colors
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known
from pt_gmvp.analysis.heatmap.order import CHEMISTRY, order_of
from pt_gmvp.analysis.heatmap.page import render, write_page

CAPTION = Caption("mean of two test models", "PTEN", "homologs are simulated")


class Page(HTMLParser):
    """What a page holds: the texts by element and by id, and every attribute's value."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, list[str]] = {}
        self.ids: dict[str, str] = {}
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[tuple[str, str | None]] = [("", None)]
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        self._open.append((tag, dict(attrs).get("id")))

    def handle_endtag(self, tag):
        # What is still open inside of it has no end tag, such as meta and input.
        while self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag, name = self._open[-1]
        self.texts.setdefault(tag, []).append(data)
        if name:
            self.ids[name] = data

    @property
    def data(self) -> dict:
        return json.loads(self.ids["data"])


def scores_of(data: dict) -> np.ndarray:
    raw = base64.b64decode(data["scores"])
    return np.frombuffer(raw, "<f4").reshape(20, len(data["protein"]))


@pytest.mark.parametrize("order", ["chemistry", "alphabet"])
def test_its_data_are_the_table_s(pten_map, order):
    data = Page(render(pten_map, CAPTION, Colors(), order_of(order), [])).data
    assert data["protein"] == pten_map.protein
    assert (data["first"], data["low"], data["high"]) == (1, 0, 1)
    rows = [AMINO_ACIDS.index(letter) for letter in data["rows"]]
    # The original's scores are float32, and so nothing is lost.
    assert np.array_equal(scores_of(data).astype(np.float64), pten_map.scores[rows])
    assert sum(count for _, count in data["groups"]) == 20
    assert len(data["steps"]) == 256


def test_missing_scores_and_known_variants(pten_map):
    scores = pten_map.scores.copy()
    scores[AMINO_ACIDS.index("W"), 100] = np.nan
    grid = replace(pten_map, scores=scores).cut((101, 110))
    page = Page(render(grid, CAPTION, Colors(), CHEMISTRY, [Known(105, "W", True)]))
    assert page.data["known"] == [[105, "W", 1]]
    assert page.data["first"] == 101
    assert np.isnan(scores_of(page.data)[CHEMISTRY.letters.index("W"), 0])
    words = " ".join(page.texts["li"])
    assert "no score: 1 of 190" in words
    assert "known harmful: 1" in words


def test_nothing_comes_from_elsewhere(pten_map):
    text = render(pten_map, CAPTION, Colors(), CHEMISTRY, [])
    page = Page(text)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", text)
    assert not [value for name, value in page.attributes if name in ("src", "href")]
    assert any(
        name == "content" and "default-src 'none'" in value for name, value in page.attributes
    )
    assert text.isascii()


def test_its_words(pten_map):
    page = Page(render(pten_map, CAPTION, Colors(), CHEMISTRY, []))
    assert page.texts["title"] == ["gMVP map of PTEN (ENST00000371953)"]
    assert page.texts["h1"] == ["PTEN (ENST00000371953)"]
    assert "homologs are simulated" in page.texts["p"]
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert any(label.startswith("Map of PTEN (ENST00000371953): amino acids") for label in labels)
    assert not any("no score" in text for text in page.texts["li"])


def test_words_cannot_become_markup():
    wicked = "</script><script>alert(1)</script>"
    grid = Grid(wicked, 1, "MK", np.full((20, 2), 0.5))
    text = render(grid, Caption(wicked, wicked, "naïve " + wicked), Colors(), CHEMISTRY, [])
    assert "<script>alert" not in text
    page = Page(text)
    assert page.data["transcript"] == wicked
    assert any("naïve" in part for part in page.texts["p"])


def test_a_long_protein_is_a_small_page(tmp_path):
    length = 5000
    scores = np.random.default_rng(1).random((20, length))
    grid = Grid("T", 1, "A" * length, scores)
    write_page(tmp_path / "t.html", grid, CAPTION)
    assert (tmp_path / "t.html").stat().st_size < 600_000
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_script_is_one(tmp_path):
    script = files("pt_gmvp.analysis.heatmap").joinpath("templates/page.js").read_text()
    (tmp_path / "page.js").write_text(script)
    done = subprocess.run(["node", "--check", tmp_path / "page.js"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
