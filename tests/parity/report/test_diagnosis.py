"""A diagnosis says where, why and how surely; a check prints one for each layer at fault."""

from dataclasses import replace

import pytest

from parity.declaring.known_bug import ChangedOutputs, KnownBug, OtherOperation
from parity.declaring.source_edits import Place, Written
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.patches import Patch
from parity.diagnosing.patching import Confirmed
from parity.report.diagnosis import document, lines

FLIPPED = KnownBug(None, "sign flipped", "y", ChangedOutputs(lambda outputs, task: outputs))
SLOPE = KnownBug(
    19, "leaky_relu with slope 0.3", "leaky_relu 1", OtherOperation("leaky_relu", 0, "")
)
UNKNOWN = Diagnosis("layer", "default", "y", (), 0.5, (), 7)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "where: first difference in y"),
        ({"agreeing": ("a",)}, "where: first difference in y; a before it agrees in float64"),
        (
            {"in_place": True},
            "where: y differs even if the layers before it return the reference's outputs",
        ),
        (
            {"agreeing": ("a", "b", "c", "d")},
            "where: first difference in y; b, c, d before it agree in float64",
        ),
        (
            {"intermediate": None},
            "where: no difference in float64; the sides differ only in float32",
        ),
        (
            {"failure": "ValueError: no"},
            "where: nothing to compare, as the candidate raises: ValueError: no",
        ),
        (
            {"failure": "no", "zeros_and_ones": True, "intermediate": None},
            "where: nothing to compare, as the candidate raises: no; on inputs of 0 and 1: "
            "no difference, so a value in the given inputs causes the error",
        ),
    ],
)
def test_where_a_mismatch_arises(changes, expected):
    assert lines(replace(UNKNOWN, **changes))[0] == expected


ONE = (RootCause((FLIPPED,), 1e-16),)
TWO = (*ONE, RootCause((SLOPE,), 2e-16))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["why: cause unknown (tried 7 known bugs, alone and in pairs)"]),
        (
            {"pattern": "every element is 2 times the reference's"},
            [
                "how: every element is 2 times the reference's",
                "why: cause unknown (tried 7 known bugs, alone and in pairs)",
            ],
        ),
        (
            {"root_causes": ONE},
            [
                "why: sign flipped (y); under this hypothesis, the float64 error falls from "
                "0.5 to 1e-16"
            ],
        ),
        (
            {"root_causes": (replace(TWO[1], evidence="it says so"),)},
            ["why: should be: leaky_relu with slope 0.3 (leaky_relu 1); it says so"],
        ),
        (
            {"root_causes": ONE, "confirmed": False},
            [
                "why: perhaps sign flipped (y); under this hypothesis, the float64 error falls "
                "from 0.5 to 1e-16; but not with the records in reverse order, so it is at most "
                "part of the cause"
            ],
        ),
        (
            {"root_causes": TWO},
            [
                "why: one of 2 causes that these inputs do not distinguish:",
                "  sign flipped (y); under this hypothesis, the float64 error falls from "
                "0.5 to 1e-16",
                "  should be: leaky_relu with slope 0.3 (leaky_relu 1); with that, the float64 "
                "error falls from 0.5 to 2e-16",
            ],
        ),
    ],
)
def test_why_a_mismatch_arises(changes, expected):
    assert lines(replace(UNKNOWN, **changes))[1:] == expected


def test_equal_causes_are_all_listed_up_to_ten():
    assert len(lines(replace(UNKNOWN, root_causes=TWO * 2))[1:]) == 5
    text = lines(replace(UNKNOWN, root_causes=TWO * 6))[1:]
    assert text[0].endswith(
        "one of 12 causes that these inputs do not distinguish (the first 10 are shown):"
    )
    assert len(text) == 11


CALL = Place("cand.py", 7, 8)
WRITTEN = Written(Place("cand.py", 12, 12), CALL, "Conv2d")
PATCH = Patch({}, {"cand.py": "a = 1\nb = 2\n"}, {"cand.py": "a = 1\nb = 3\n"})
CASE = ("layer", "default", "isolated")


@pytest.mark.parametrize(
    ("confirmed", "words"),
    [
        (Confirmed(PATCH, CASE), "with it, this case passes; the others were not run again"),
        (Confirmed(PATCH, CASE, passing=3, cases=3), "with it, all 3 cases pass"),
        (
            Confirmed(PATCH, CASE, passing=3, cases=3, together=2),
            "with all patches, all 3 cases pass",
        ),
        (
            Confirmed(PATCH, CASE, passing=2, cases=3),
            "with it, 2 of 3 cases pass, this one too",
        ),
        (
            Confirmed(PATCH, ("model", "default", "isolated"), ("conv",), passing=2, cases=3),
            "with it, and conv left out of LAYERS, model, default passes",
        ),
        (
            Confirmed(PATCH, ("model", "default", "isolated"), ("conv",), passing=1, cases=1),
            "with it, and conv left out of LAYERS, the case passes",
        ),
    ],
)
def test_where_a_cause_is_written_and_how_surely_its_patch_is_right(confirmed, words):
    cause = replace(TWO[1], written=(WRITTEN,))
    found = document(replace(UNKNOWN, root_causes=(cause,)), "isolated", [confirmed])
    at, patch = found["explanation"][2:]
    assert at == "at: cand.py:12 (made at cand.py:7)"
    assert patch == f"patch: below; {words}"
    (told,) = found["root_causes"]
    assert told["at"] == [
        {
            "called": {"file": "cand.py", "line": 12, "end_line": 12},
            "made": {"file": "cand.py", "line": 7, "end_line": 8},
            "module": "Conv2d",
        }
    ]
    assert told["patch"]["diff"].endswith(" a = 1\n-b = 2\n+b = 3\n")
    assert told["patch"]["files"] == ["cand.py"]


def test_each_of_several_causes_has_its_own_patch_or_none():
    causes = (TWO[0], replace(TWO[1], written=(replace(WRITTEN, called=None),)))
    text = lines(replace(UNKNOWN, root_causes=causes), [None, Confirmed(PATCH, CASE)])
    assert "patch" not in text[2]
    assert "; at cand.py:7; patch: below; with it, this case passes" in text[3]
