"""The file that is written: short where it fits, loud where it is unsure, and valid Python."""

import ast
from typing import Any

from parity.declaring.model_inputs import Input, Output
from parity.declaring.model_sides import Layer
from parity.init.declaration import declaration
from parity.init.layouts import Layout, LayoutCall
from parity.init.open_models import Names
from parity.init.proposal import Judgement, Match, Proposal
from parity.runners.whole_models import LayerWeight, WeightedLayer

NAMES = Names("my_port", "reference.py:make", "candidate.py:Net")
LAYER = WeightedLayer("d", "Dense", (LayerWeight("d/kernel", (3, 4)),))
DENSE = Layout((LayoutCall("dense", ("d", "a", 3, 4)),), known=True)
SURE = Judgement(True, True, "the layer agrees")


def text(*matches, **fields):
    empty = {
        "layers": (),
        "exempt": {},
        "unmatched_reference": (),
        "unmatched_candidate": (),
    }
    proposal = Proposal(tuple(matches), **{**empty, **fields})
    written = declaration(NAMES, {"x": Input((3,)), "n": Input((2,), "int64", 9)}, proposal)
    ast.parse(written)
    assert max(map(len, written.splitlines())) <= 100
    return written


def match(layout=DENSE, judgement=SURE):
    return Match(LAYER, LAYER, layout, judgement)


def test_a_small_proposal_is_a_small_file():
    written = text(match(), layers=(Layer("d", "a"), Layer("e", "b", "time first", True)))
    assert "UNSURE" not in written
    assert (
        'INPUTS = {"x": models.Input((3,)), "n": models.Input((2,), dtype="int64", below=9)}'
        in (written)
    )
    assert 'WEIGHTS = (*layouts.dense("d", "a", 3, 4),)' in written
    assert 'models.Layer("e", "b", order="time first", last=True)' in written


def test_what_is_unsure_is_marked_and_counted():
    unsure = match(judgement=Judgement(False, False, "equally good with 'a' and 'b' swapped"))
    written = text(unsure, unmatched_candidate=(LayerWeight("spare", (3,)),))
    assert "Resolve the 2 entries marked UNSURE before trusting it." in written
    assert "    # UNSURE: equally good with 'a' and 'b' swapped.\n    *layouts.dense(" in written
    assert "# UNSURE: no partner was found for 'spare' (3,) of the candidate." in written


def test_zero_split_and_exempt_layers_are_written():
    layout = Layout(DENSE.calls, zero=("a.bias",), split={"a.weight": 3}, kept=("a.scale",))
    written = text(match(layout), exempt={"c": 'has "no" partner'})
    assert '    zero=("a.bias",),\n' in written
    assert '    split={"a.weight": 3},\n' in written
    assert '    kept=("a.scale",),\n' in written
    assert r"""    exempt={"c": "has \"no\" partner"},""" in written


def test_meanings_orders_and_outputs_are_written():
    written = declaration(
        NAMES,
        {
            "mask": Input((3,), "int64", 2, "mask"),
            "image": Input((3, 4, 2), between=(0.0, 1.0), order="channels first"),
            "x": Input((3,), file="x.npy"),
        },
        Proposal((match(),), (), {}, (), ()),
        {"output": Output("output/0", "channels first")},
    )
    ast.parse(written)
    assert 'models.Input((3,), dtype="int64", below=2, meaning="mask")' in written
    assert 'models.Input((3, 4, 2), between=(0.0, 1.0), order="channels first")' in written
    assert 'models.Input((3,), file="x.npy")' in written
    assert 'outputs={"output": models.Output("output/0", order="channels first")}' in written


def test_a_long_call_is_broken_as_a_formatter_would():
    path = "a_long_name_of_a_layer/" * 3
    layout = Layout((LayoutCall("same", (f"{path}w", (3, 4), "b" * 60)),))
    written = text(match(layout))
    assert f'    layouts.same(\n        "{path}w",\n        (3, 4),\n' in written


def test_a_stub_of_a_training_is_written_that_does_nothing_yet():
    written = text(match())
    code, stub = written.split("# A stub of the training")
    assert code.rstrip().endswith(")")
    assert all(line.startswith("#") for line in stub.splitlines()[1:])
    # Without its marks it is a declaration.
    lines = [line.removeprefix("#").removeprefix(" ") for line in stub.splitlines()]
    names: dict[str, Any] = {"WEIGHTS": ()}
    exec("\n".join(lines[2:]), names)
    assert names["TRAINING"].name == "adam"


def test_the_file_says_how_the_orders_of_axes_were_chosen():
    written = declaration(NAMES, {}, Proposal((), (), {}, (), ()), note="values decided")
    assert "\n\nLayout: values decided.\n" in written
