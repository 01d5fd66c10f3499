"""Calls within a layer are recorded by kind and number, and one of them is done otherwise."""

import torch
from torch.nn import functional

from parity.declaring.known_bug import OtherOperation
from parity.runners.torch.calls import done_otherwise, recording

X = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)


def call(inputs):
    first = inputs["x"].softmax(-1)
    return {"y": first.atan(), "z": torch.softmax(first.mean(0, keepdim=True), 1)}


def test_every_call_with_other_ways_is_recorded_and_nothing_changes():
    found = []
    outputs = recording(call, found)({"x": X})
    assert [(one.kind, one.number, one.now) for one in found] == [
        ("softmax", 0, "dim=-1 of 2x3"),
        ("mean", 0, "of 2x3"),
        ("softmax", 1, "dim=1 of 1x3"),
    ]
    assert [w.name for w in found[0].ways if not w.repairs] == ["over axis 0 of 2"]
    for name, value in call({"x": X}).items():
        torch.testing.assert_close(outputs[name], value, rtol=0, atol=0)


def test_only_the_call_of_that_number_is_done_otherwise():
    way = "over axis 0 of 2"
    first = done_otherwise(call, OtherOperation("softmax", 0, way))({"x": X})
    torch.testing.assert_close(first["y"], X.softmax(0).atan())
    second = done_otherwise(call, OtherOperation("softmax", 1, way))({"x": X})
    torch.testing.assert_close(second["y"], call({"x": X})["y"])
    torch.testing.assert_close(second["z"], torch.ones(1, 3, dtype=torch.float64))


def test_all_calls_of_a_kind_or_none():
    both = done_otherwise(call, OtherOperation("softmax", None, "over axis 0 of 2"))({"x": X})
    torch.testing.assert_close(both["y"], X.softmax(0).atan())
    torch.testing.assert_close(both["z"], torch.ones(1, 3, dtype=torch.float64))
    none = done_otherwise(call, OtherOperation("softmax", None, "no such way"))({"x": X})
    torch.testing.assert_close(none["y"], call({"x": X})["y"])


def written_in_place(inputs):
    cells = inputs["x"].clone()
    cells.add_(inputs["x"].exp())
    torch.relu_(cells)
    return {"y": functional.silu(cells, inplace=True) * 2.0, "cells": cells}


def test_a_call_that_writes_into_its_input_is_recorded_without_being_repeated():
    found = []
    outputs = recording(written_in_place, found)({"x": X})
    assert {"add", "relu", "silu", "mul"} <= {one.kind for one in found}
    for name, value in written_in_place({"x": X}).items():
        torch.testing.assert_close(outputs[name], value, rtol=0, atol=0)


def test_what_is_done_instead_of_it_is_written_there_too():
    found = []
    recording(written_in_place, found)({"x": X})
    names = {way.name for one in found for way in one.ways if one.kind == "add"}
    assert {"as a difference", "without its second operand"} <= names
    subtracted = done_otherwise(written_in_place, OtherOperation("add", 0, "as a difference"))
    right = functional.silu((X - X.exp()).relu())
    torch.testing.assert_close(subtracted({"x": X})["cells"], right)
    kept = done_otherwise(written_in_place, OtherOperation("add", 0, "without its second operand"))
    torch.testing.assert_close(kept({"x": X})["y"], 2 * functional.silu(X.relu()))
