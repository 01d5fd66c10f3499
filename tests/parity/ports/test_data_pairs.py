"""The pairs of the data: mistakes in reading planted one at a time, and records by Hypothesis."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import pt_gmvp.data.batch
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.port import Built, Configuration, Side
from parity.judging.verdict import Verdict
from parity.ports.gmvp import data_inputs

RIGHT_UNDER_HEADS = pt_gmvp.data.batch.under_heads
RIGHT_ASSEMBLE = pt_gmvp.data.batch.assemble


def centre_forgotten(*arrays, **named):
    batch = RIGHT_ASSEMBLE(*arrays, **named)
    batch.mask[:, 64] = 0
    return batch


def label_as_integer(*arrays, **named):
    batch = RIGHT_ASSEMBLE(*arrays, **named)
    return batch._replace(label=batch.label.long())


def label_truncated_to_int32(*arrays, **named):
    batch = RIGHT_ASSEMBLE(*arrays, **named)
    return batch._replace(label=batch.label.int())


def zeros_made_positive(*arrays, **named):
    batch = RIGHT_ASSEMBLE(*arrays, **named)
    return batch._replace(feature=batch.feature + 0.0)


def out_of_order(heads, feature, mask):
    count = len(heads)
    backwards = (array[:count][::-1].copy() for array in (feature, mask))
    return RIGHT_UNDER_HEADS(heads[::-1], *backwards)


def around(pair, change):
    """The candidate of a pair, with the mistake in what it is given or gives."""

    def build(options, dtype):
        right = pair.candidate.build(options, dtype)
        return Built(lambda inputs: change(right.call, inputs))

    return replace(pair, candidate=Side("torch", build))


def one_off(call, inputs):
    last = inputs["matrix"].shape[0] - 1
    return call({**inputs, "positions": (inputs["positions"] + 1).clamp(max=last)})


def edge_repeated(call, inputs):
    found = call(inputs)
    matrix = inputs["matrix"].numpy().view(np.float64).astype(np.float32)
    rows = inputs["positions"].numpy()[:, None] + np.arange(-64, 65)
    edges = matrix[rows.clip(0, len(matrix) - 1)]
    return {**found, "feature": torch.from_numpy(edges.view(np.int32))}


def centre_open(call, inputs):
    found = call(inputs)
    found["mask"][:, 64] = 0
    return found


IN_CODE = {
    "centre mask forgotten": ("pt_gmvp.data.batch.assemble", centre_forgotten, "different"),
    "label as int64": ("pt_gmvp.data.batch.assemble", label_as_integer, "structure"),
    "label as int32": ("pt_gmvp.data.batch.assemble", label_truncated_to_int32, "different"),
    "records out of order": ("pt_gmvp.data.record_rows.under_heads", out_of_order, "different"),
}


@pytest.mark.parametrize("name", IN_CODE)
def test_planted_mistakes_of_reading_are_caught(name, gmvp, run_case):
    target, mistake, verdict = IN_CODE[name]
    with patch(target, mistake):
        case = run_case(gmvp, "records", "validation-file", records=6)
    assert case.verdict is Verdict(verdict), case


def test_a_lost_sign_of_zero_is_caught(gmvp, run_case):
    with patch("pt_gmvp.data.batch.assemble", zeros_made_positive):
        case = run_case(gmvp, "records", "made-file")
    assert case.verdict is Verdict.DIFFERENT


@pytest.mark.parametrize("mistake", [one_off, edge_repeated, centre_open])
def test_planted_mistakes_of_windows_are_caught(mistake, gmvp, run_case):
    pairs = tuple(around(p, mistake) if p.layer == "windows" else p for p in gmvp.pairs)
    case = run_case(replace(gmvp, pairs=pairs), "windows", "length-65")
    assert case.verdict is Verdict.DIFFERENT, case


@pytest.mark.parametrize(
    ("layer", "config"),
    [("records", "validation-file"), ("records", "made-file"), ("windows", "length-65")],
)
def test_controls_without_a_mistake_are_identical(layer, config, gmvp, run_case):
    case = run_case(gmvp, layer, config, records=6)
    assert case.verdict is Verdict.IDENTICAL, case


def test_real_records_are_identical(gmvp, run_case, real):
    source = str(real / "golden" / "TP53_PTEN.tfrec")
    for config in ("validation-file", "validation-store", "training-file", "test-file"):
        case = run_case(gmvp, "records", config, source, records=10)
        assert case.verdict is Verdict.IDENTICAL, case


def check(gmvp, layer, config, inputs=None):
    """Both sides, on inputs of our own where they are given."""
    pair = gmvp.pair(layer)
    if inputs is not None:
        pair = replace(pair, inputs=lambda given: inputs)
    checker = Checker(gmvp, gmvp.load_inputs(None, 1, 1), Selection())
    return checker.run(pair, config, "isolated")


@settings(max_examples=25)
@given(st.integers(1, 140), st.sampled_from(["windows", "table", "table-shared"]))
def test_windows_of_proteins_of_any_length(gmvp, length, way):
    config = Configuration("drawn", {"length": length, "way": way})
    assert check(gmvp, "windows", config).verdict is Verdict.IDENTICAL


names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@pytest.mark.slow
@settings(max_examples=15)
@given(
    st.lists(names.map(lambda name: name + "."), min_size=1, max_size=5),
    st.sampled_from(["file", "numbered", "stream", "gzip", "store", "store-shared"]),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_made_records(gmvp, ids, way, seed, data):
    random, count = np.random.default_rng(seed), len(ids)
    labels, codes = (
        st.lists(st.integers(0, most), min_size=count, max_size=count) for most in (1, 20)
    )
    inputs = {
        "var_id": data_inputs.padded(ids),
        "label": np.array(data.draw(labels), np.int64),
        "ref_aa": np.array(data.draw(codes), np.int64),
        "alt_aa": np.array(data.draw(codes), np.int64),
        # Any bits at all: infinities and NaN with their payloads too.
        "feature": random.integers(-(2**31), 2**31, (count, 129, 435)).astype(np.int32),
        # Readers refuse any other mask.
        "mask": random.choice(np.array([0, 1, -0.0], np.float32), (count, 129)).view(np.int32),
    }
    config = Configuration("drawn", {"reader": "validation", "way": way, "made": True})
    case = check(gmvp, "records", config, inputs)
    assert case.verdict is Verdict.IDENTICAL, case
