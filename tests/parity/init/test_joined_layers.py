"""`parity init` where a layer of one side is several of the other's, or one of several."""

import shutil
from pathlib import Path

import pytest

from tests.parity.printed import without_progress

pytestmark = pytest.mark.slow
MODELS = Path(__file__).parent / "models"
# The attributes on both sides, and what the file must say.
SURE = {
    "separable": (
        ("separable", "Separable"),
        [
            '("first.each", "first.mix"), (3, 3, 3, 2), 5)',
            '("second.each", "second.mix"), (3, 1, 5, 1), 5, bias=False',
            'models.Layer("separable_conv2d", "first", order="channels first")',
            '"first.each.bias", "second.each.bias"',
        ],
    ),
    "separable_one": (("separable_one", "SeparableOne"), ["linear=True"]),
    "bidirectional": (
        ("bidirectional", "bidirectional"),
        [
            '*layouts.gru("bidirectional/forward_layer", "rnn", 4, 4),',
            '*layouts.gru("bidirectional/backward_layer", "rnn", 4, 4, end="_l0_reverse"),',
            'models.Layer("bidirectional", "rnn")',
        ],
    ),
    "stacked": (("stacked", "stacked"), ['*layouts.gru("gru_1", "rnn", 4, 4, end="_l1"),']),
    "cells": (
        ("cells", "Cells"),
        [
            '("simple_rnn", ("rnn.x", "rnn.h"), 4, 4, (0,), bias=("rnn.x",))',
            '("gru", ("gru.x", "gru.h"), 4, 4, (1, 2, 0), bias=("gru.x", "gru.h"))',
            '("lstm", ("lstm.x", "lstm.h"), 4, 4, (1, 3, 2, 0), bias=("lstm.x",))',
            'zero=("lstm.h.bias",)',
            'models.Layer("lstm", "lstm", last=True)',
        ],
    ),
    "late": (("Late", "Late"), ['*layouts.dense("inner", "inner", 4, 4)']),
    "stacked_cells": (
        ("stacked_cells", "stacked_cells"),
        [
            '*layouts.lstm("rnn/cell/cells/1", "rnn", 4, 4, end="_l1"),',
            'models.Layer("rnn", "rnn")',
        ],
    ),
    "torchs_cell": (("torchs_cell", "TorchsCell"), ['"cell", 4, 4, end=""', "cell.bias_hh"]),
    "deep": (("deep", "deep"), ['end="_l1_reverse"', '"rnn", 8, 4, end="_l1"']),
    "last_of_both_ways": (("last_of_both_ways", "LastOfBothWays"), ['zero=("rnn.bias_hh_l0",']),
    "backwards": (("backwards", "Backwards"), ["bias=False", "runs backwards; checked within"]),
    "both_ways_summed": (
        ("both_ways_summed", "BothWaysSummed"),
        ['*layouts.gru("bidirectional/forward_layer", "rnn", 4, 4, end="_l0_reverse"),'],
    ),
    "flat": (("flat", "Flat"), ['("gru", ("x", "h"), 4, 4, (1, 2, 0), bias=("x", "h"))']),
}
# What cannot be told apart, and the words for it.
UNSURE = {
    "separables_summed": (
        ("separables_summed", "SeparablesSummed"),
        2,
        "equally good with 'a, mix_a' and 'b, mix_b' swapped",
    ),
    "bidirectionals_summed": (
        ("bidirectionals_summed", "bidirectionals_summed"),
        4,
        "the branches of 'one.rnn (l0)' and 'other.rnn (l0)' swapped",
    ),
    "stacks_summed": (
        ("stacks_summed", "stacks_summed"),
        4,
        "the branches of 'other.rnn (l0)' and 'one.rnn (l0)' swapped",
    ),
    "cells_summed": (
        ("cells_summed", "CellsSummed"),
        2,
        "equally good with 'one.x, one.h' and 'other.x, other.h' swapped",
    ),
}


def steps_of(name, attributes):
    reference, candidate = attributes
    names = [f"recurrent.py:{reference}", f"recurrent_torch.py:{candidate}"]
    shape = ["--input", "3x4"] if name == "late" else []
    return {
        f"init {name}": ["init", *names, "-o", f"{name}.py", *shape],
        f"check {name}": ["check", "--port", f"{name}.py", "--no-diagnose", "--records", "3"],
    }


def all_done(in_turn, folder, cases):
    steps: dict[str, list[str]] = {}
    for name, case in cases.items():
        steps |= steps_of(name, case[0])
    return dict(zip(steps, in_turn(folder, [({}, s) for s in steps.values()]), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("joined")
    for path in MODELS.glob("recurrent*.py"):
        shutil.copy(path, found)
    return found


@pytest.fixture(scope="module")
def done(in_turn, folder):
    """The outcome of every case by name; one process for all."""
    wrong = {"wrong": (("torchs_cell", "WrongLstm"),)}
    return all_done(in_turn, folder, {**SURE, **UNSURE, **wrong})


def assert_sure(name, case, folder, done):
    init, check = done[f"init {name}"], done[f"check {name}"]
    text = (folder / f"{name}.py").read_text()
    for expected in case[1]:
        assert expected in text, text
    assert "UNSURE" not in text + init.stdout
    assert (init.code, check.code) == (0, 0), init.stdout + check.stdout
    assert without_progress(init.stderr + check.stderr) == ""


@pytest.mark.parametrize("name", SURE)
def test_what_values_determine_is_sure_and_passes(name, folder, done):
    assert_sure(name, SURE[name], folder, done)


@pytest.mark.parametrize("name", UNSURE)
def test_what_could_be_exchanged_is_unsure_in_the_file_and_in_print(name, folder, done):
    init, check = done[f"init {name}"], done[f"check {name}"]
    _, count, words = UNSURE[name]
    text = (folder / f"{name}.py").read_text()
    plain = " ".join(text.replace("#", " ").split())
    assert plain.count("UNSURE: equally good") == count, text
    assert words in plain
    assert init.stdout.count("UNSURE: equally good") == count
    assert f"{count} UNSURE, marked in the file" in init.stdout
    # Either way the two compute the same, so the port passes, and init still does not say so.
    assert (init.code, check.code) == (1, 0), init.stdout + check.stdout


def test_a_wrong_cell_confirms_no_order_of_gates(folder, done):
    init, check = done["init wrong"], done["check wrong"]
    assert (init.code, check.code) == (1, 1)
    assert "UNSURE: equally good with layout gates" in init.stdout
    assert "UNSURE: equally good" in (folder / "wrong.py").read_text()
