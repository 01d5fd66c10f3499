"""Root causes are found where the runs show them, and never called certain where they do not."""

import linecache

import numpy as np
import pytest
import torch

from parity.checking.selection import Selection
from parity.declaring.known_bug import ChangedOutputs, KnownBug, OtherOptions
from parity.declaring.port import Configuration
from parity.diagnosing import diagnose as searching
from parity.diagnosing.budget import Budget
from parity.report.diagnosis import lines
from tests.parity.diagnosing.small_ports import (
    diagnose_port,
    drawn,
    make_port,
    names,
    numpy_side,
    torch_side,
)

LABELS = np.array([0, 0, 1, 1], np.float32)


def weighted(options, x, label):
    return {"y": x * (label + 2)}


AS_ZEROS = {
    "mask ignored, as if all 0 (label)": lambda label: np.zeros_like(label),
    "first row's values for every row (label)": lambda label: np.full_like(label, label[0]),
    "float64 bytes read as float32 (label)": lambda label: (
        label.astype("<f8").view("<f4")[: label.size].astype(label.dtype)
    ),
}


@pytest.mark.parametrize("name", AS_ZEROS)
def test_bugs_that_tie_on_the_given_order_are_distinguished_in_reverse(name):
    """Each of the three bugs makes zeros of these labels."""

    def wrong(options, x, label):
        return weighted(options, x, AS_ZEROS[name](label))

    port = make_port(numpy_side(weighted), numpy_side(wrong), {"x": drawn(4), "label": LABELS})
    diagnosis = diagnose_port(port)
    assert names(diagnosis) == [name]
    assert diagnosis.certain


def test_a_cause_that_reversed_records_do_not_confirm_is_not_certain():
    """The first row for every row, but only if it is the smaller one: not a known bug."""

    def wrong(options, x):
        return {"y": (np.full_like(x, x[0]) if x[0] < x[-1] else x**3) ** 2}

    x = np.array([1, 3, 2, 5], np.float32)
    diagnosis = diagnose_port(
        make_port(numpy_side(lambda o, x: {"y": x**2}), numpy_side(wrong), {"x": x})
    )
    assert names(diagnosis) == ["first row's values for every row (x)"]
    assert not diagnosis.certain
    assert any("perhaps" in line and "in reverse order" in line for line in lines(diagnosis))


PARTS = (Configuration("both", {"more": True}), Configuration("one", {"more": False}))


def in_parts(options, x):
    return {"y": x + 1, "more": x * 2} if options["more"] else {"y": x + 1}


def test_an_option_that_the_candidate_reads_comes_last():
    right = numpy_side(in_parts)
    port = make_port(right, right, {"x": drawn(4)}, PARTS)
    dropped = KnownBug(None, "dropped", "more", ChangedOutputs(lambda a, task: {"y": a["y"]}))
    without = KnownBug(None, "option more = False", "should be True", OtherOptions({"more": False}))
    for bug, other in ((dropped, without), (without, dropped)):
        diagnosis = diagnose_port(port, bug=bug)
        assert names(diagnosis) == [bug.name, other.name]
        assert not diagnosis.certain


def test_an_option_that_the_candidate_has_built_in_is_a_cause():
    """It never reads the option, so only the reference shows that there is one."""
    configs = (Configuration("squares", {"power": 2}), Configuration("cubes", {"power": 3}))
    port = make_port(
        numpy_side(lambda options, x: {"y": x ** options["power"]}),
        numpy_side(lambda options, x: {"y": x**3}),
        {"x": drawn(4)},
        configs,
    )
    diagnosis = diagnose_port(port)
    assert names(diagnosis) == ["option power = 3 (should be 2)"]
    assert diagnosis.certain


CODES = np.array([[0, 2, 1], [4, 2, 3]], np.float32)
STATES = torch.arange(5)


@pytest.mark.parametrize(
    "spread",
    [
        lambda codes: codes[..., None].expand(2, 3, 5),
        lambda codes: codes[..., None].expand((2, 3, 5)),
        lambda codes: codes[..., None].repeat(1, 1, 5),
    ],
)
def test_codes_used_as_numbers_are_named_where_they_are_used(spread):
    def right(codes):
        return (codes[..., None] == STATES).to(codes.dtype) * torch.arange(1, 6)

    def wrong(codes):
        return spread(codes) * torch.arange(1, 6)

    diagnosis = diagnose_port(make_port(torch_side(right), torch_side(wrong), {"codes": CODES}))
    (cause,) = diagnosis.root_causes
    assert cause.known_bugs[0].what.endswith("as one-hot")
    assert diagnosis.certain


@pytest.mark.parametrize("values", [CODES + 0.5, drawn(2, 3)])
def test_numbers_that_are_not_codes_are_not_taken_for_codes(values):
    def scaled(codes, by):
        return codes[..., None].expand(2, 3, 5) * by

    port = make_port(
        torch_side(lambda codes: scaled(codes, 2)),
        torch_side(lambda codes: scaled(codes, 3)),
        {"codes": values},
    )
    assert not any("one-hot" in name for name in names(diagnose_port(port)))


def test_two_bugs_are_found_together():
    """Each explains a part of the mismatch, neither the whole."""

    # Other statements are tried in functions that have a name.
    right = numpy_side(lambda options, x: {"y": x**2, "z": x + 1})
    wrong = numpy_side(lambda options, x: {"y": -(x**2), "z": (x + 1)[::-1]})
    diagnosis = diagnose_port(make_port(right, wrong, {"x": drawn(4, 3)}))
    assert names(diagnosis) == ["sign flipped (y) and rows reversed (z)"]
    assert diagnosis.certain


def test_an_unknown_bug_has_no_cause_and_its_pattern_is_described():
    right, wrong = (numpy_side(lambda o, x, by=by: {"y": x**3 * by}) for by in (1, 8**0.5))
    diagnosis = diagnose_port(make_port(right, wrong, {"x": drawn(8, 3)}))
    assert diagnosis.root_causes == ()
    assert not diagnosis.certain
    assert diagnosis.pattern == "every element is 2.828427 times the reference's, the root of 8"


def entropy(logit, label):
    terms = label * torch.nn.functional.softplus(-logit)
    return (terms + (1 - label) * torch.nn.functional.softplus(logit)).mean()


def careless(logit, label):
    return torch.nn.functional.binary_cross_entropy_with_logits(logit, label)


def sure(size):
    logits = -np.linspace(size, size + 1, 4).astype(np.float32)
    return {"logit": logits, "label": np.zeros(4, np.float32)}


@pytest.mark.parametrize("size", [6, 9])
def test_an_inaccurate_gradient_is_explained_by_the_accurate_operation(size):
    port = make_port(torch_side(entropy), torch_side(careless), sure(size))
    (cause,) = diagnose_port(port, gradients=True).root_causes
    assert cause.known_bugs[0].what == "binary_cross_entropy_with_logits by softplus"


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("loss", ("label", "inaccurate gradient")),
        pytest.param("evol_encoder", ("refused", "read as"), marks=pytest.mark.exhaustive),
        ("multi_head_attention", ("num_heads = 3",)),
        pytest.param(
            "model", ("one-hot", "num_heads = 3", "type = inv_cov"), marks=pytest.mark.exhaustive
        ),
    ],
)
def test_gmvps_harder_bugs_are_named_alone(gmvp, layer, words):
    from parity.mutate.mutator import Mutator

    # The loss has a configuration for inaccurate gradients; other layers are run under one.
    configs = () if layer == "loss" else ("add-cov-spe",)
    mutator = Mutator(gmvp, Selection((layer,), configs, ("isolated",)), None, 2)
    chosen = [m for m in mutator.mutants() if any(word in m.bug.name for word in words)]
    assert len(chosen) >= len(words)
    for mutant in chosen:
        result = mutator.run(mutant, diagnosed=True)
        assert result.named == "right", (mutant, result.root_causes)
        runs_as_given = "read as float32 (x)" not in mutant.name
        assert result.certain == runs_as_given, (mutant, result.root_causes)


def gated(x):
    value, gate = x.chunk(2, -1)
    return value * torch.sigmoid(gate)


def gated_by_the_other(x):
    gate, value = x.chunk(2, -1)
    return value * torch.sigmoid(gate)


def test_another_call_in_place_of_the_candidates_is_found():
    port = make_port(torch_side(gated), torch_side(gated_by_the_other), {"x": drawn(5, 8)})
    diagnosis = diagnose_port(port)
    assert names(diagnosis) == ["chunk with its parts in the order 1, 0 (chunk 1, of 5x8)"]
    assert diagnosis.certain
    (written,) = diagnosis.root_causes[0].written
    assert written.called.file == __file__
    line = linecache.getline(__file__, written.called.line)
    assert line == "    gate, value = x.chunk(2, -1)\n"
    assert diagnosis.repairs_tried > 1


@pytest.mark.parametrize(("size", "left"), [(1, ["relu"]), (0, ["relu", "relu6"])])
def test_calls_that_differ_for_large_numbers_alone_are_told_apart_by_them(size, left, monkeypatch):
    if not size:
        monkeypatch.setattr(searching, "enlarge", lambda task: task)
    right = torch_side(lambda x: torch.relu(x))
    wrong = torch_side(lambda x: torch.nn.functional.elu(x))
    diagnosis = diagnose_port(make_port(right, wrong, {"x": drawn(5, 8)}))
    assert [name.split()[2] for name in names(diagnosis)] == left
    assert diagnosis.certain == bool(size)


def test_what_time_did_not_suffice_for_is_said_and_nothing_is_certain():
    port = make_port(torch_side(gated), torch_side(gated_by_the_other), {"x": drawn(5, 8)})
    said = []
    diagnosis = diagnose_port(port, budget=Budget(0, said.append))
    assert diagnosis.root_causes == ()
    assert diagnosis.tried == 0
    assert diagnosis.known_left > 1
    assert diagnosis.repairs_left > 1
    assert said == []
    assert "time did not suffice for" in lines(diagnosis)[-1]


def test_a_mistake_beyond_single_calls_stays_unknown():
    right = torch_side(lambda x: torch.relu(x) + 0.1 * x.roll(1, 0))
    wrong = torch_side(lambda x: torch.relu(x))
    diagnosis = diagnose_port(make_port(right, wrong, {"x": drawn(5, 8)}))
    assert diagnosis.root_causes == ()


def without_float64(function):
    """A side of torch that refuses to compute in float64, as some operations do."""

    def call(x):
        if x.dtype == torch.float64:
            raise TypeError("no kernel for double")
        return function(x)

    return torch_side(call)


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_a_side_without_float64_is_diagnosed_in_float32_and_never_with_certainty(side):
    right, wrong = (lambda x: x.softmax(-1)), (lambda x: x.softmax(0))
    make = {side: without_float64}
    reference = make.get("reference", torch_side)(right)
    candidate = make.get("candidate", torch_side)(wrong)
    found = diagnose_port(make_port(reference, candidate, {"x": drawn(4, 6)}))
    assert [cause.known_bugs[0].what for cause in found.root_causes] == ["softmax over axis 1 of 2"]
    assert (found.dtype, found.certain, found.failure) == ("float32", False, "")


def test_what_nothing_explains_stays_unknown_in_float32():
    reference, candidate = without_float64(torch.special.i0), torch_side(torch.special.i1)
    found = diagnose_port(make_port(reference, candidate, {"x": drawn(4, 6)}))
    assert (found.dtype, found.root_causes) == ("float32", ())
