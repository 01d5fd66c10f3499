"""A check explains each layer at fault, with a patch that it has confirmed."""

from dataclasses import replace
from io import StringIO

import pytest
import torch
from rich.console import Console
from torch.nn import functional

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.patching import Patcher
from parity.judging.verdict import Verdict
from parity.report import explain as explaining
from parity.report.explain import Explained, _few_of_each, _Found, explain
from tests.parity.diagnosing.patchable import checked, port_of_file
from tests.parity.diagnosing.small_ports import (
    LARGE,
    REFUSED,
    SQUARED,
    drawn,
    make_port,
    numpy_side,
    squared_unless,
    torch_side,
)


def explained(port, **options):
    """Return what is printed, and what is explained."""
    printed = StringIO()
    checker, results = checked(port)
    return printed, explain(Console(file=printed, width=200), checker, results, **options)


WRONG = """import torch


def layer(x):
    return torch.softmax(
        x,  # scores
        1,
    )
"""


def test_a_wrong_call_is_named_with_its_line_and_a_patch_that_all_cases_pass_with(tmp_path):
    file = tmp_path / "wrong_axis.py"
    file.write_text(WRONG)
    port = port_of_file(file, lambda x: x.softmax(-1))
    _, found = explained(port)
    (told,) = found.documents
    assert told["certain"]
    (cause,) = told["root_causes"]
    assert cause["at"][0]["called"] == {"file": str(file), "line": 5, "end_line": 8}
    assert cause["patch"]["diff"].endswith(
        "     return torch.softmax(\n         x,  # scores\n-        1,\n+        -1,\n     )\n"
    )
    assert (cause["patch"]["passing"], cause["patch"]["cases"]) == (1, 1)
    assert told["explanation"][-1] == "patch: below; with it, the case passes"
    assert len(found.patches) == 1
    assert file.read_text() == WRONG


def test_what_cannot_be_patched_is_named_in_words(tmp_path):
    file = tmp_path / "aliased.py"
    file.write_text(
        "import torch\n\nsoft, axis = torch.softmax, (1,)\n\n\n"
        "def layer(x):\n    return soft(x, *axis)\n"
    )
    _, found = explained(port_of_file(file, lambda x: x.softmax(-1)))
    (told,) = found.documents
    assert told["certain"]
    assert told["root_causes"][0]["patch"] is None
    assert not any(line.startswith("patch") for line in told["explanation"])
    assert found.patches == ()


def test_causes_with_the_same_patch_are_one(tmp_path):
    file = tmp_path / "pooled.py"
    file.write_text(
        "from torch.nn import functional as F\n\n\n"
        "def layer(x):\n    return F.avg_pool1d(x, 3, stride=1, padding=1)\n"
    )
    right = lambda x: functional.avg_pool1d(x, 3, 1, 1, count_include_pad=False)  # noqa: E731
    _, found = explained(port_of_file(file, right))
    (told,) = found.documents
    # Without counting the padding, and as SAME is: the same arguments here.
    assert told["certain"]
    assert len(told["root_causes"]) == 1


@pytest.mark.parametrize("stage", ["diagnose", "Patcher"])
def test_an_interrupted_search_keeps_what_was_found(stage, tmp_path, monkeypatch):
    file = tmp_path / "wrong_axis.py"
    file.write_text(WRONG)

    def interrupted(*args, **named):
        raise KeyboardInterrupt

    if stage == "Patcher":
        monkeypatch.setattr(Patcher, "confirm", interrupted)
    else:
        monkeypatch.setattr(explaining, stage, interrupted)
    printed, found = explained(port_of_file(file, lambda x: x.softmax(-1)))
    assert "interrupted: the search for the cause ended; the verdicts stand" in printed.getvalue()
    assert len(found.documents) == (stage == "Patcher")


def test_without_time_nothing_is_called_certain(tmp_path):
    file = tmp_path / "wrong_axis.py"
    file.write_text(WRONG)
    _, found = explained(port_of_file(file, lambda x: x.softmax(-1)), seconds=0)
    (told,) = found.documents
    assert told["root_causes"] == []
    assert "time did not suffice for" in told["explanation"][-1]


def test_a_candidate_that_raises_is_diagnosed_but_not_a_reference():
    wrong = numpy_side(squared_unless(lambda x: x > 2))
    for port, certain in (
        (make_port(SQUARED, wrong, {"x": LARGE}, known_bugs=(REFUSED,)), [True]),
        (make_port(wrong, SQUARED, {"x": LARGE}), []),
    ):
        checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
        case = checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")
        assert case.verdict is Verdict.NOT_COMPARED
        console = Console(file=StringIO(), width=200)
        documents = explain(console, checker, [case]).documents
        assert [found["certain"] for found in documents] == certain
        assert all("numbers above 2 refused (x)" in str(d["explanation"]) for d in documents)


def test_a_recorded_reference_cannot_be_diagnosed():
    port = make_port(SQUARED, numpy_side(lambda o, x: {"y": -(x**2)}), {"x": LARGE})
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
    case = checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")
    checker.reference.provenance = {"made": "elsewhere"}
    printed = StringIO()
    assert explain(Console(file=printed, width=200), checker, [case]) == Explained()
    assert "check without --golden" in printed.getvalue()


def test_a_few_divergences_of_a_case_are_diagnosed_and_the_others_named():
    cases = [
        CaseResult("model", name, "isolated", "drawn", Verdict.DIFFERENT) for name in ("one", "two")
    ]
    printed = StringIO()
    given = [(cases[0], name) for name in "abcde"] + [(cases[1], "")]
    kept = _few_of_each(Console(file=printed, width=200), given)
    assert kept == [*given[:3], given[-1]]
    assert "not diagnosed yet: d, e; fix the others first" in printed.getvalue()


@pytest.mark.parametrize(
    ("causes", "layers", "asked"),
    [
        (1, ["layer", "layer"], [""]),
        (0, ["layer", "layer"], ["", "a", "b"]),
        (1, ["layer", "a"], ["a", "b"]),
    ],
)
def test_several_divergences_are_first_diagnosed_together(causes, layers, asked, monkeypatch):
    tried = []

    def diagnosed(console, checker, patcher, failing, seconds, failures=None):
        tried.append(failing[1])
        found = Diagnosis("layer", "one", "a", (), 1.0, (RootCause((), 0.0, "seen"),) * causes, 1)
        return iter([_Found(found, "isolated", [None] * causes)])

    cases = [
        (CaseResult(layer, "one", "isolated", "drawn", Verdict.DIFFERENT), name)
        for layer, name in zip(layers, "ab", strict=True)
    ]
    monkeypatch.setattr(explaining, "_diagnosed", diagnosed)
    monkeypatch.setattr(explaining, "select_divergences", lambda port, results: cases)
    port = make_port(torch_side(torch.relu), torch_side(torch.relu), {"x": drawn(2, 3)})
    checker, results = checked(replace(port, whole="layer"))
    found = explain(Console(file=StringIO()), checker, results)
    assert tried == asked
    assert len(found.documents) == len(asked) - (not causes)
