"""An explanation in numbers: TSV, JSON and the terminal's lines agree with it."""

import csv
import io
import json

import numpy as np
import pytest

from converters.variants.changes import parse_variant
from pt_gmvp.analysis.explain.attention import explain
from pt_gmvp.analysis.explain.table import as_json, as_tsv, print_explanation

PTEN = "ENST00000371953"


def test_the_full_table(explained):
    rows = list(csv.DictReader(io.StringIO(as_tsv(explained)), delimiter="\t"))
    assert len(rows) == 130
    assert rows[-1]["position"] == "slot"
    assert [row["position"] for row in rows[:-1]] == [str(p) for p in range(66, 195)]
    assert [float(row["attention"]) for row in rows[:-1]] == explained.attention.tolist()
    assert [float(row["coevolution"]) for row in rows[:-1]] == explained.strength.tolist()
    heads = [name for name in rows[0] if name.startswith("attention/")]
    assert len(heads) == 8
    assert heads[0] == "attention/ensemble_21/head_1"
    for name in ("attention", *heads):
        assert sum(float(row[name]) for row in rows) == pytest.approx(1, abs=1e-5)
    assert rows[64]["residue"] == "R"
    assert [float(rows[64][name]) for name in heads] == [0] * 8


def test_json_holds_everything(explained):
    found = json.loads(as_json(explained))
    assert found["variant"] == f"{PTEN}_130_R_Q"
    assert found["gMVP"] == explained.probability
    assert [model["gMVP"] for model in found["models"]] == [
        view.probability for view in explained.views
    ]
    for model, view in zip(found["models"], explained.views, strict=True):
        assert np.array_equal(model["attention"], view.attention)
    assert len(found["species"]) == 200
    assert sum(one["weight"] for one in found["species"]) == pytest.approx(1, abs=1e-6)
    assert sum(found["frequencies"].values()) == pytest.approx(1, abs=1e-6)


def test_what_is_printed(explained):
    out = io.StringIO()
    print_explanation(explained, out, top=3, label="PTEN")
    text = out.getvalue()
    lines = text.splitlines()
    assert lines[0] == f"PTEN ({PTEN}) R130Q, p.Arg130Gln"
    assert lines[1] == ("gMVP 0.4074, the mean of 2 models: ensemble_21 0.4254, ensemble_22 0.3894")
    assert lines[3].split() == [
        *("position", "residue", "offset", "attention", "ensemble_21", "ensemble_22"),
        *("co-evolution", "structure", "rsa"),
    ]
    for line, row in zip(lines[4:7], explained.ranked, strict=False):
        position, residue, offset, attention, *_ = line.split()
        assert int(position) == explained.around.positions[row]
        assert residue == explained.around.residues[row]
        assert int(offset) == int(position) - 130
        assert float(attention) == pytest.approx(explained.attention[row], abs=5e-5)
    assert lines[7].startswith("learned slot")
    heaviest = int(explained.species.argmax()) + 1
    assert f"\nno. {heaviest} " in text
    assert "an even share is 0.0078" in text
    assert "not why the variant is harmful" in text


def test_rows_of_padding_are_left_out_and_counted(half):
    found = json.loads(as_json(half))
    assert [one["species"] for one in found["species"]] == list(range(1, 32))
    assert found["padding"]["rows"] == 169
    weights = sum(one["weight"] for one in found["species"])
    assert weights + found["padding"]["weight"] == pytest.approx(1, abs=1e-6)
    assert found["stand_ins"] == {"counts": "neutral values"}
    out = io.StringIO()
    print_explanation(half, out, top=1)
    text = out.getvalue()
    numbers = [int(line.split()[1]) for line in text.splitlines() if line.startswith("no. ")]
    assert len(numbers) == 5
    assert max(numbers) <= 31
    assert "padding: 169 of the 200 rows are gaps only, as no sequence fills them, and left" in text
    assert "features, neutral values in place of population counts" in text


def test_one_model_is_shown_by_head(small, pten):
    out = io.StringIO()
    found = explain({"one": small(num_heads=4)}, parse_variant(f"{PTEN} R130Q"), pten)
    print_explanation(found, out, top=1)
    assert out.getvalue().splitlines()[3].split()[4:12:2] == ["head"] * 4
