"""Cases that are diagnosed: each layer at fault once, and each divergence by itself."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from parity.declaring.port import Port
from parity.diagnosing.cases import select_cases, select_divergences
from parity.judging.verdict import Verdict
from tests.parity.diagnosing.small_ports import make_port, torch_side


def case(
    layer,
    verdict=Verdict.DIFFERENT,
    mode="isolated",
    config="default",
    notes=(),
    independent=(),
):
    failing = SimpleNamespace(name="y", verdict=verdict)
    outputs = () if verdict is Verdict.NOT_COMPARED else (failing,)
    return SimpleNamespace(
        layer=layer,
        verdict=verdict,
        mode=mode,
        config=config,
        notes=notes,
        outputs=outputs,
        independent=independent,
    )


PASSING = case("first", Verdict.EQUIVALENT)
RAISING = case("first", Verdict.NOT_COMPARED, notes=("the candidate failed in float32: no",))


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        pytest.param([PASSING], [], id="nothing fails"),
        pytest.param([case("first"), case("first", config="b")], [0], id="once a layer"),
        pytest.param([case("first"), PASSING, case("second")], [0, 2], id="each layer"),
        pytest.param([case("whole"), case("first")], [1], id="a layer, not the whole model"),
        pytest.param([case("whole"), PASSING], [0], id="the whole model alone"),
        pytest.param(
            [case("first", mode="cascade"), case("second", mode="cascade")], [0], id="cascade"
        ),
        pytest.param([case("second", mode="cascade"), case("first")], [1], id="isolated first"),
        pytest.param([RAISING], [0], id="the candidate raises"),
        pytest.param([case("first", Verdict.NOT_COMPARED)], [], id="not compared"),
        pytest.param([case("samples")], [], id="samples"),
    ],
)
def test_the_first_failing_case_of_each_layer_at_fault_is_diagnosed(results, expected):
    pair = make_port(torch_side(torch.exp), torch_side(torch.exp), {}).pairs[0]
    pairs = [replace(pair, layer=layer) for layer in ("first", "second", "whole")]
    pairs.append(replace(pair, layer="samples", distributions=("y",)))
    port = Port("small", tuple(pairs), lambda *_: None, whole="whole")
    assert select_cases(port, results) == [results[index] for index in expected]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        pytest.param([case("whole", independent=("y",))], [(0, "")], id="one is the case's own"),
        pytest.param(
            [case("whole", independent=("x", "y"))], [(0, "x"), (0, "y")], id="each of several"
        ),
        pytest.param(
            [case("first"), case("whole", independent=("first", "y"))],
            [(0, ""), (1, "y")],
            id="beside a layer at fault",
        ),
        pytest.param(
            [case("first"), case("whole", independent=("first",))], [(0, "")], id="the layer's own"
        ),
    ],
)
def test_each_independent_divergence_is_diagnosed_by_itself(results, expected):
    pair = make_port(torch_side(torch.exp), torch_side(torch.exp), {}).pairs[0]
    pairs = tuple(replace(pair, layer=layer) for layer in ("first", "whole"))
    port = Port("small", pairs, lambda *_: None, whole="whole")
    assert select_divergences(port, results) == [(results[at], name) for at, name in expected]
