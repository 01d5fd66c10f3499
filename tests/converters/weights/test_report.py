"""The report on a conversion, as JSON and as a table."""

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

from converters.errors import Mismatch
from converters.weights.conversion import PORT_FORMAT, Conversion
from converters.weights.report import keras_report, print_mismatches, print_report, state_report
from converters.weights.sources import SetAside
from converters.weights.state_dict import to_state_dict
from converters.weights.weight_map import entries

CONFIG = {"d_fc": 6, "d_model": 4, "num_heads": 2}


@pytest.fixture
def made():
    """Return a function that makes a conversion from a file of some format."""
    random = np.random.default_rng(0)
    table = entries(CONFIG)
    canonical = {each.name: random.random(each.shape).astype("f4") for each in table}

    def conversion(form="Keras 2 HDF5 weights"):
        from_port = form == PORT_FORMAT
        return Conversion(
            path=Path("folder/w.h5"),
            format=form,
            config=dict(CONFIG),
            canonical=canonical,
            sources={e.name: e.keys if from_port else (f"{e.name}:0",) for e in table},
            dtypes={each.name: "float32" for each in table},
            matched_by={each.name: "order" for each in table},
            set_aside=(SetAside("optimizer_weights", "state of the optimizer"),),
            notes=("a note",),
            warnings=["a warning"],
        )

    return conversion


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def of(report, name):
    return next(item for item in report["weights"] if item["name"] == name)


def test_a_state_dict_s_report_has_both_sides_of_every_weight(made):
    conversion = made()
    state = to_state_dict(conversion.canonical, CONFIG)
    report = state_report(conversion, state)
    assert json.loads(json.dumps(report)) == report
    assert (report["source"], report["notes"], report["warnings"]) == (
        "w.h5",
        ["a note"],
        ["a warning"],
    )
    assert report["set_aside"] == [
        {"name": "optimizer_weights", "reason": "state of the optimizer"}
    ]
    assert [item["name"] for item in report["weights"]] == list(conversion.canonical)
    bias = of(report, "gru/bias")
    assert (bias["transform"], bias["source"], bias["source_shapes"]) == (
        "gru_bias",
        ["gru/bias:0"],
        [[2, 12]],
    )
    assert bias["sha256"] == sha256(conversion.canonical["gru/bias"])
    assert bias["targets"] == [
        {"name": key, "shape": [12], "dtype": "float32", "sha256": sha256(state[key])}
        for key in ("gru.bias_ih", "gru.bias_hh")
    ]


def test_a_keras_file_s_report_names_the_inverse_only_from_the_port(made):
    names = {name: f"{name}:0" for name in made().canonical}
    plain, back = (keras_report(made(form), names) for form in ("SavedModel", PORT_FORMAT))
    assert of(plain, "logit/kernel")["transform"] == "identity"
    assert of(back, "logit/kernel")["transform"] == "transpose, inverse"
    assert of(back, "logit/bias")["transform"] == "identity"
    assert of(back, "logit/kernel")["source_shapes"] == [[1, 4]]
    assert of(back, "logit/kernel")["targets"][0]["shape"] == [4, 1]


def test_from_the_port_to_the_port_nothing_is_changed(made):
    conversion = made(PORT_FORMAT)
    report = state_report(conversion, to_state_dict(conversion.canonical, CONFIG))
    assert {item["transform"] for item in report["weights"]} == {"identity"}


def test_the_table_has_a_line_for_every_weight(made):
    stream = io.StringIO()
    conversion = made()
    print_report(state_report(conversion, to_state_dict(conversion.canonical, CONFIG)), stream)
    head, *lines = stream.getvalue().splitlines()
    assert head.split() == ["source", "target", "shape", "transform", "dtype", "sha256"]
    assert len(lines) == len(conversion.canonical)
    (bias,) = (line for line in lines if line.startswith("gru/bias:0"))
    assert "gru.bias_ih + gru.bias_hh" in bias
    assert "2 x 12 -> 12 + 12" in bias
    assert bias.endswith(sha256(conversion.canonical["gru/bias"])[:12])


def test_mismatches_are_printed_beside_what_was_expected(capsys):
    print_mismatches([Mismatch("gru/bias", "missing", "2 x 48")])
    found = capsys.readouterr()
    assert found.out == ""
    assert [line.split() for line in found.err.splitlines()] == [
        ["name", "shape", "expected"],
        ["gru/bias", "missing", "2", "x", "48"],
    ]
