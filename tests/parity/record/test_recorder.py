"""Recorder: which cases are recorded, in which order, and what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from parity.checking.perturbed_runs import PERTURBED_RUNS
from parity.checking.selection import Selection
from parity.declaring.port import Configuration
from parity.errors import ParityError
from parity.record import traces
from parity.record.recorder import record
from parity.record.request import RecordRequest


@pytest.fixture
def make(tmp_path):
    """Return a function that records a port, and returns the recording and the cases reported."""

    def run(port, sample_rounding=True, **selection):
        request = RecordRequest("port.py", Selection(**selection), None, 5, sample_rounding)
        reported = []
        made = record(
            port,
            port.load_inputs(None, 1, 5),
            request,
            tmp_path,
            tmp_path / "target",
            lambda case, seconds: reported.append((case.layer, seconds >= 0)),
        )
        return made, reported

    return run


def fails(x):
    raise ValueError("no such axis")


def fails_in_float64(x):
    if x.dtype == np.float64:
        raise ValueError("no double precision")
    return {"second": x.mean(-1), "above": x.max(-1) > 0}


def test_the_whole_model_is_recorded_once_where_a_layer_needs_it(kit, make):
    made, reported = make(kit.two_layers(), layers=("two",))
    assert reported == [("whole", True), ("two", True)]
    assert [case.file for case in made.cases.values()] == [
        "0000.whole-default.safetensors",
        "0001.two-default.safetensors",
    ]
    made, reported = make(kit.two_layers())
    assert sorted(layer for layer, _ in reported) == ["one", "two", "whole"]


def test_a_layer_that_needs_no_other_is_recorded_alone(kit, make):
    _, reported = make(kit.two_layers(), layers=("one",), modes=("isolated",))
    assert reported == [("one", True)]


def test_names_that_no_file_can_have(kit, make):
    port = kit.two_layers()
    pair = replace(
        port.pairs[0], layer="../a b" * 40, configs=(Configuration("ä/c", {}),), intermediates=()
    )
    made, _ = make(replace(port, pairs=(pair,), whole=None), modes=("isolated",))
    (case,) = made.cases.values()
    assert case.file.startswith("0000.-a-b-a-b")
    assert len(case.file) < 120
    assert made.missing(case) == ""


def test_the_reference_gives_both_dtypes(kit, make):
    made, _ = make(kit.two_layers(), layers=("two",))
    case = made.cases["two", "default"]
    for dtype in ("float32", "float64"):
        found = traces.load(made.path(case), dtype)
        assert found.outputs["second"].dtype == dtype
        assert found.outputs["above"].dtype == bool


def test_rounding_is_sampled_on_request(kit, make):
    made, _ = make(kit.two_layers(), layers=("two",))
    assert made.provenance["neighbours"] == PERTURBED_RUNS
    assert made.cases["two", "default"].reference_errors["second"] > 0
    made, _ = make(kit.two_layers(), sample_rounding=False, layers=("two",))
    assert made.provenance["neighbours"] == 0
    assert made.cases["two", "default"].reference_errors is None


def test_a_reference_without_float64_is_recorded_with_the_reason(kit, make):
    made, _ = make(kit.two_layers(reference=fails_in_float64), layers=("two",), modes=("isolated",))
    case = made.cases["two", "default"]
    assert "the reference failed in float64: ValueError: no double precision" in case.failure64
    assert case.reference_errors == {}


def test_a_reference_without_float32_cannot_be_recorded(kit, make):
    with pytest.raises(ParityError) as caught:
        make(kit.two_layers(reference=fails), layers=("two",))
    assert str(caught.value) == (
        "whole, default cannot be recorded: the reference failed in float32: ValueError: "
        "no such axis; exclude it with --layer and --config, or fix it"
    )
