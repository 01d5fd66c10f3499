"""Texts around a map."""

import numpy as np
import pytest

from pt_gmvp.analysis.heatmap.captions import (
    Caption,
    counted,
    foot,
    heading,
    missing,
    scale,
    subtitle,
)
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known


def grid(length=1, first=1, missing=0):
    scores = np.full((20, length), 0.5)
    scores[5 : 5 + missing, 0] = np.nan  # not of A, the residue itself
    return Grid("ENST1", first, "A" * length, scores)


def test_the_title_has_the_gene_if_it_is_known():
    assert heading(grid(), Caption("t.tsv", "PTEN")) == "PTEN (ENST1)"
    assert heading(grid(), Caption("t.tsv")) == "ENST1"


@pytest.mark.parametrize(
    ("length", "first", "caption", "text"),
    [
        (1, 1, Caption("t.tsv"), "gMVP score of every substitution, 1 residue; t.tsv"),
        (1234, 1, Caption("m"), "gMVP score of every substitution, 1,234 residues; m"),
        (
            11,
            1200,
            Caption("m", score="gMVP_rankscore", part=True),
            "gMVP_rankscore of every substitution, positions 1,200 to 1,210; m",
        ),
    ],
)
def test_the_subtitle(length, first, caption, text):
    assert subtitle(grid(length, first), caption) == text


def test_the_subtitle_says_how_many_of_the_substitutions_are_scored():
    said = subtitle(grid(2, missing=3), Caption("gmvp.tsv.gz"))
    assert said == "gMVP score, 2 residues; of the 38 substitutions, 35 are scored; gmvp.tsv.gz"


def test_the_foot_has_the_note_and_what_stood_in():
    assert foot(Caption("m")) == ""
    assert foot(Caption("m", note="a note")) == "a note"
    stand_ins = ("neutral values in place of NetSurfP", "x in place of y")
    said = foot(Caption("m", note="a note.", stand_ins=stand_ins))
    assert said == (
        "a note. Of the features, neutral values in place of NetSurfP; x in place of y."
    )


def test_the_label_of_the_scale_names_the_score():
    assert scale(Caption("m", score="rank")) == "rank, higher is more likely harmful"


def test_missing_scores_are_counted_without_the_own_residues():
    assert missing(grid(2)) is None
    assert missing(grid(2, missing=3)) == "no score: 3 of 38"
    own = grid(2)
    own.scores[0] = np.nan
    assert missing(own) is None


def test_known_variants_are_counted_by_kind():
    known = [Known(1, "C", True), Known(1, "D", False), Known(2, "C", False)]
    assert counted(known) == ("known harmful: 1", "known harmless: 2")
    assert counted([]) == ("known harmful: 0", "known harmless: 0")
