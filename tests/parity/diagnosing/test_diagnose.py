"""Causes are told apart where they can be, and never called certain where they cannot."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import torch
from rich.console import Console

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.commands.explain import explain
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import KnownBug, Operation
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.diagnosing import imprecision, raising
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.reference_runs import ReferenceRuns
from parity.judging.verdict import Verdict
from parity.known_bugs import operations
from parity.known_bugs.planting import planted
from parity.report.diagnosis import lines

LABELS = np.array([0, 0, 1, 1], np.float32)
DEFAULT = (Configuration("default", {}),)


def numpy_side(function):
    """A side that calls a function with the options, and the inputs by name."""
    return Side("numpy", lambda options, dtype: Built(lambda given: function(options, **given)))


def torch_side(function):
    return Side("torch", lambda options, dtype: Built(lambda given: {"y": function(**given)}))


def make_port(reference, candidate, inputs, configs=DEFAULT, **fields):
    pair = Pair("layer", reference, candidate, configs, lambda given: given.inputs.arrays)
    return Port("small", (pair,), lambda *_: InputSet("given", inputs), **fields)


def cause(port, gradients=False, references=None, mistake=None):
    """What is said of the first configuration, with a mistake planted or as the port is."""
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection(gradients=gradients))
    pair = port.pairs[0]
    task = checker.task(pair, pair.configs[0])
    failed = planted(pair, mistake) if mistake else pair
    return diagnose(port, failed, pair.configs[0], task, references)


def names(diagnosis):
    return [suspect.name for suspect in diagnosis.suspects]


def drawn(*shape):
    return np.random.default_rng(1).normal(size=shape).astype(np.float32)


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
def test_what_comes_to_the_same_on_one_order_is_told_apart_on_another(name):
    """Of these labels each of the three mistakes makes zeros."""

    def wrong(options, x, label):
        return weighted(options, x, AS_ZEROS[name](label))

    port = make_port(numpy_side(weighted), numpy_side(wrong), {"x": drawn(4), "label": LABELS})
    said = cause(port)
    assert names(said) == [name]
    assert said.certain


def test_a_cause_that_another_order_does_not_bear_out_is_not_certain():
    """The first row for every row, but only if it is the smaller one: no known mistake."""

    def wrong(options, x):
        return {"y": (np.full_like(x, x[0]) if x[0] < x[-1] else x**3) ** 2}

    x = np.array([1, 3, 2, 5], np.float32)
    said = cause(make_port(numpy_side(lambda o, x: {"y": x**2}), numpy_side(wrong), {"x": x}))
    assert names(said) == ["first row's values for every row (x)"]
    assert not said.certain
    assert any("perhaps" in line and "in another order" in line for line in lines(said))


PARTS = (Configuration("both", {"more": True}), Configuration("one", {"more": False}))


def in_parts(options, x):
    return {"y": x + 1, "more": x * 2} if options["more"] else {"y": x + 1}


def test_an_option_that_is_looked_up_stands_behind_what_comes_to_the_same():
    right = numpy_side(in_parts)
    port = make_port(right, right, {"x": drawn(4)}, PARTS)
    dropped = KnownBug(None, "dropped", "more", outputs=lambda given, task: {"y": given["y"]})
    without = KnownBug(None, "option more False", "True", options={"more": False})
    for mistake, other in ((dropped, without), (without, dropped)):
        said = cause(port, mistake=mistake)
        assert names(said) == [mistake.name, other.name]
        assert not said.certain


def test_an_option_that_the_candidate_has_built_in_is_suspected_of_it():
    """It never looks the option up, so only the reference tells that there is one."""
    configs = (Configuration("squares", {"power": 2}), Configuration("cubes", {"power": 3}))
    port = make_port(
        numpy_side(lambda options, x: {"y": x ** options["power"]}),
        numpy_side(lambda options, x: {"y": x**3}),
        {"x": drawn(4)},
        configs,
    )
    said = cause(port)
    assert names(said) == ["option power 3 (2)"]
    assert said.certain


def squared_unless(refused):
    def candidate(options, x):
        if refused(x).any():
            raise ValueError("not such numbers")
        return {"y": x**2}

    return candidate


REFUSED = KnownBug(
    17, "numbers above 2 refused", "x", refused=lambda a: {"x": a["x"].clip(max=2)}, layer="layer"
)
LARGE = np.array([0.5, 1, 3, 7], np.float32)


def test_what_a_candidate_refuses_is_named_if_it_agrees_without():
    right, wrong = numpy_side(lambda o, x: {"y": x**2}), numpy_side(squared_unless(lambda x: x > 2))
    said = cause(make_port(right, wrong, {"x": LARGE}, known_bugs=(REFUSED,)))
    assert names(said) == [REFUSED.name]
    assert "without them it agrees" in lines(said)[-1]
    said = cause(make_port(right, wrong, {"x": LARGE}))
    assert not said.suspects
    assert "not such numbers" in lines(said)[0]


def test_what_a_candidate_refuses_is_not_named_if_it_refuses_more_or_differs():
    right = numpy_side(lambda o, x: {"y": x**2})
    for wrong in (squared_unless(lambda x: x > 1.5), lambda o, x: {"y": x[x > 2][5]}):
        said = cause(make_port(right, numpy_side(wrong), {"x": LARGE}, known_bugs=(REFUSED,)))
        assert not said.suspects
    cubed = lambda o, x: {"y": x**3} if x.max() <= 2 else {"y": x[9]}  # noqa: E731
    said = cause(make_port(right, numpy_side(cubed), {"x": LARGE}, known_bugs=(REFUSED,)))
    assert REFUSED.name not in names(said)


def test_a_check_asks_a_candidate_that_raises_for_its_cause_but_no_reference():
    right, wrong = numpy_side(lambda o, x: {"y": x**2}), numpy_side(squared_unless(lambda x: x > 2))
    for port, causes in (
        (make_port(right, wrong, {"x": LARGE}, known_bugs=(REFUSED,)), 1),
        (make_port(wrong, right, {"x": LARGE}), 0),
    ):
        checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
        case = checker.run(port.pairs[0], DEFAULT[0], "isolated")
        assert case.verdict is Verdict.NOT_COMPARED
        found = explain(Console(file=StringIO()), checker, [case])
        assert [document["certain"] for document in found] == [True] * causes


def test_a_candidate_that_raises_is_asked_on_zeros_and_ones():
    right = numpy_side(lambda o, x: {"y": x**2})
    port = make_port(right, numpy_side(squared_unless(lambda x: abs(x) > 9)), {"x": drawn(8)})
    misread = KnownBug(
        34,
        "float64 bytes read as float32",
        "x",
        inputs=lambda a: {"x": a["x"].astype("<f8").view("<f4")[:8]},
    )
    said = cause(port, mistake=misread)
    assert said.tamed
    assert names(said) == [misread.name]
    assert not said.certain
    assert lines(said)[-1].endswith("as far as inputs of 0 and 1 tell")
    assert "on inputs of 0 and 1 alone: first in y" in lines(said)[0]


KINDS = tuple(Configuration(kind, {"kind": kind}) for kind in ("plain", "double", "triple"))


def kinds(options, dtype):
    """Two kinds have weights of one shape, the first of another."""
    factor = {"plain": 1, "double": 2, "triple": 3}[options["kind"]]
    width = 2 if options["kind"] == "plain" else 3
    kernel = torch.zeros(4, width, dtype=getattr(torch, dtype), requires_grad=True)
    return Built(lambda given: {"y": factor * (given["x"] @ kernel)}, {"kernel": kernel})


def weights_of(options):
    return (Weight("kernel", (4, 2 if options["kind"] == "plain" else 3), ("kernel",)),)


@pytest.mark.parametrize("kind", ["double", "triple"])
def test_options_with_weights_of_one_shape_are_told_apart_by_handing_them_over(kind):
    port = make_port(Side("torch", kinds), Side("torch", kinds), {"x": drawn(5, 4)}, KINDS)
    port = replace(port, pairs=(replace(port.pairs[0], weights=weights_of),))
    mistake = KnownBug(None, f"option kind {kind}", "plain", options={"kind": kind})
    said = cause(port, mistake=mistake)
    assert names(said) == [mistake.name]
    assert said.certain
    assert "handed the weights that this wants" in lines(said)[-1]


def test_an_option_that_gives_other_weights_is_suspected_of_a_port_that_has_it_built_in():
    """As in a check, where no right candidate tells which options there are."""
    built_in = Side("torch", lambda options, dtype: kinds({"kind": "triple"}, dtype))
    port = make_port(Side("torch", kinds), built_in, {"x": drawn(5, 4)}, KINDS)
    port = replace(port, pairs=(replace(port.pairs[0], weights=weights_of),))
    assert names(cause(port)) == ["option kind triple (plain)"]


HEADS = (Configuration("four", {"heads": 4}), Configuration("three", {"heads": 3}))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("the width is 8, which heads 3 does not divide", ["option heads 3 (4)"]),
        ("heads=3 asked, where heads=4 would do", []),
        ("heads 30 are too many", []),
        ("no such thing", []),
    ],
)
def test_an_option_that_cannot_be_built_is_named_by_the_candidates_own_words(message, expected):
    def refusing(options, dtype):
        raise ValueError(message)

    right = numpy_side(lambda options, x: {"y": x * options["heads"]})
    said = cause(make_port(right, Side("numpy", refusing), {"x": drawn(4)}, HEADS))
    assert names(said) == expected


@pytest.mark.parametrize(
    "message", ["heads 3", "heads is 3", "heads: 3", "heads='3'", "heads == 3"]
)
def test_a_message_names_an_option_in_many_ways(message):
    assert raising.names(message, "heads", 3, 4)
    assert not raising.names(message, "heads", 4, 3)
    assert not raising.names(message, "heads", 3, 3)
    assert not raising.names(message.replace("heads", "forks"), "heads", 3, 4)


CODES = np.array([[0, 2, 1], [4, 2, 3]], np.float32)
STATES = torch.arange(5)


@pytest.mark.parametrize(
    "written_out",
    [
        lambda codes: codes[..., None].expand(2, 3, 5),
        lambda codes: codes[..., None].expand((2, 3, 5)),
        lambda codes: codes[..., None].repeat(1, 1, 5),
    ],
)
def test_codes_used_as_numbers_are_named_where_they_are(written_out):
    def right(codes):
        return (codes[..., None] == STATES).to(codes.dtype) * torch.arange(1, 6)

    def wrong(codes):
        return written_out(codes) * torch.arange(1, 6)

    said = cause(make_port(torch_side(right), torch_side(wrong), {"codes": CODES}))
    (suspect,) = said.suspects
    assert suspect.known_bugs[0].what.endswith("as one-hot")
    assert said.certain


@pytest.mark.parametrize("values", [CODES + 0.5, drawn(2, 3)])
def test_what_is_no_code_is_not_taken_for_one(values):
    def scaled(codes, by):
        return codes[..., None].expand(2, 3, 5) * by

    port = make_port(
        torch_side(lambda codes: scaled(codes, 2)),
        torch_side(lambda codes: scaled(codes, 3)),
        {"codes": values},
    )
    assert not any("one-hot" in name for name in names(cause(port)))


def test_repairs_are_not_planted_into_a_right_port():
    port = make_port(*[torch_side(lambda codes: codes[..., None].expand(2, 3, 5))] * 2, {})
    checker = Checker(port, InputSet("given", {"codes": CODES}), Selection())
    task = checker.task(port.pairs[0], DEFAULT[0])
    calls = operations.recorded(port.pairs[0], task)
    assert [call.kind for call in calls] == ["expand"]
    assert not list(operations.known_bugs(calls, thorough=False))
    assert list(operations.known_bugs(calls, thorough=True))


def entropy(logit, label):
    terms = label * torch.nn.functional.softplus(-logit)
    return (terms + (1 - label) * torch.nn.functional.softplus(logit)).mean()


def careless(logit, label):
    return torch.nn.functional.binary_cross_entropy_with_logits(logit, label)


def sure(size):
    logits = -np.linspace(size, size + 1, 4).astype(np.float32)
    return {"logit": logits, "label": np.zeros(4, np.float32)}


@pytest.mark.parametrize("size", [6, 9])
def test_a_gradient_of_few_digits_is_named_by_what_keeps_them(size):
    said = cause(make_port(torch_side(entropy), torch_side(careless), sure(size)), gradients=True)
    (suspect,) = said.suspects
    assert suspect.known_bugs[0].what == "binary_cross_entropy_with_logits by softplus"


def test_what_float32_alone_shows_is_mended_in_float32():
    """In float64 both agree to rounding, so that nothing could be supposed there."""
    port = make_port(torch_side(entropy), torch_side(careless), sure(6))
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection(gradients=True))
    pair, (config,) = port.pairs[0], DEFAULT
    task = checker.task(pair, config)
    known = list(operations.known_bugs(operations.recorded(pair, task), thorough=True))
    (found,) = imprecision.avoided_by(pair, config, task, known)
    assert "the float32 error falls from" in found.because
    right = replace(pair, candidate=pair.reference)
    assert imprecision.avoided_by(right, config, task, known) == ()


def test_a_second_candidate_needs_no_second_run_of_the_reference():
    calls = []

    def right(options, x):
        calls.append(x)
        return {"y": x**2, "z": x + 1}

    references = ReferenceRuns()
    port = make_port(numpy_side(right), numpy_side(lambda o, x: right(o, x)), {"x": drawn(4, 3)})
    flipped = KnownBug(None, "sign flipped", "y", outputs=lambda a, task: {**a, "y": -a["y"]})
    turned = KnownBug(None, "rows reversed", "z", outputs=lambda a, task: {**a, "z": a["z"][::-1]})
    counts = []
    for mistake in (flipped, turned):
        calls.clear()
        said = cause(port, references=references, mistake=mistake)
        assert names(said) == [mistake.name]
        counts.append(len(calls))
    # The candidate's: one to ask, one in another order, one for the options that it looks up.
    assert counts[1] == 3 < counts[0]


def test_candidates_that_differ_in_what_they_give_share_what_they_are_done_otherwise():
    runs = []

    def built(options, dtype):
        def call(given):
            runs.append(given)
            return {"y": torch.nn.functional.leaky_relu(given["x"].mean(-1), 0.2)}

        return Built(call)

    right = Side("torch", built)
    port = make_port(right, right, {"x": drawn(4, 3)})
    flipped = KnownBug(None, "sign flipped", "y", outputs=lambda a, task: {"y": -a["y"]})
    turned = KnownBug(None, "rows reversed", "y", outputs=lambda a, task: {"y": a["y"][::-1]})
    alone, counts = [], []
    for references in (ReferenceRuns(right), ReferenceRuns(right), None):
        for mistake in (flipped, turned) if references else (turned,):
            runs.clear()
            said = cause(port, references=references, mistake=mistake)
            (alone if references is None else counts).append(len(runs))
            assert names(said) == [mistake.name]
    # Options and operations are looked for in each candidate anew; that takes a run for each.
    assert counts[1] < counts[0] / 2
    assert counts[1] < alone[0] / 2


@pytest.mark.parametrize("change", ["inputs", "operation"])
def test_a_candidate_that_is_fed_or_built_otherwise_shares_nothing(change):
    def built(options, dtype):
        return Built(lambda given: {"y": torch.nn.functional.leaky_relu(given["x"], 0.2)})

    right = Side("torch", built)
    port = make_port(right, right, {"x": drawn(4, 3)})
    references = ReferenceRuns(right)
    flipped = KnownBug(None, "sign flipped", "y", outputs=lambda a, task: {"y": -a["y"]})
    other = {
        "inputs": KnownBug(
            5,
            "first row's values for every row",
            "x",
            inputs=lambda a: {"x": np.tile(a["x"][:1], (4, 1))},
        ),
        "operation": KnownBug(
            19,
            "leaky_relu with slope 0.3",
            operation=Operation("leaky_relu", 0, "with slope 0.3", 0, 0),
        ),
    }[change]
    cause(port, references=references, mistake=flipped)
    alone, shared = cause(port, mistake=other), cause(port, references=references, mistake=other)
    assert names(shared) == names(alone)
    assert shared.before == alone.before


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ("loss", ("label", "few digits")),
        pytest.param("evol_encoder", ("refused", "read as"), marks=pytest.mark.slow),
        ("multi_head_attention", ("num_heads 3",)),
        pytest.param("model", ("one-hot", "num_heads 3", "type inv_cov"), marks=pytest.mark.slow),
    ],
)
def test_gmvps_harder_mistakes_are_named_alone(gmvp, layer, words):
    from parity.mutate.mutator import Mutator

    # The loss has a configuration for careless gradients; other layers are asked under one.
    configs = () if layer == "loss" else ("add-cov-spe",)
    mutator = Mutator(gmvp, Selection((layer,), configs, ("isolated",)), None, 2)
    chosen = [m for m in mutator.mutants() if any(word in m.mistake.name for word in words)]
    assert len(chosen) >= len(words)
    for mutant in chosen:
        result = mutator.run(mutant, diagnosed=True)
        assert result.named == "right", (mutant, result.diagnosis)
        asked_as_given = "read as float32 (x)" not in mutant.name
        assert result.diagnosis.certain == asked_as_given, (mutant, result.diagnosis)
