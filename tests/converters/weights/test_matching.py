"""Matching of a file's arrays to the model's weights, never by guessing."""

from pathlib import Path

import numpy as np
import pytest

from converters.errors import Mismatch, WeightsError
from converters.weights.keras_h5 import read_keras_h5
from converters.weights.matching import match, without_ignored
from converters.weights.sources import Source, Tensor
from converters.weights.transforms import IDENTITY
from converters.weights.weight_map import Entry, entries


def sorted_by_name(source: Source) -> Source:
    """The planted mistake: TRAPS 29, names instead of order."""
    tensors = sorted(source.tensors, key=lambda tensor: (tensor.layer, tensor.name))
    return Source(source.path, source.format, tuple(tensors), source.ordered, source.named)


@pytest.mark.parametrize("case", ["ensemble_21", "ensemble_22"])
def test_a_reader_that_sorts_by_name_is_caught_by_shapes(case, golden_weights):
    path, config, _ = golden_weights[case]
    with pytest.raises(WeightsError, match="not the weights of this model"):
        match(sorted_by_name(read_keras_h5(path)), entries(config), {})


TABLE = [
    Entry("mha/wq/kernel", (4, 2), 0, 0, ("mha.wq.weight",), IDENTITY),
    Entry("mha/wq/bias", (2,), 0, 1, ("mha.wq.bias",), IDENTITY),
    Entry("mha/wk/kernel", (4, 2), 0, 2, ("mha.wk.weight",), IDENTITY),
    Entry("mha/wk/bias", (2,), 0, 3, ("mha.wk.bias",), IDENTITY),
    Entry("logit/kernel", (2, 1), 1, 0, ("logit.weight",), IDENTITY),
]


def source(*names, ordered=True, named=True, shapes=None):
    """A file with arrays of these names, in this order, of the shapes of the table."""
    shapes = shapes or [entry.shape for entry in TABLE]
    tensors = [
        Tensor(name, np.zeros(shape), *name.rpartition("/")[::2])
        for name, shape in zip(names, shapes, strict=True)
    ]
    return Source(Path("w"), "a test", tuple(tensors), ordered, named)


def pairs(source, renames=None):
    """Match, and return how each weight was found, by its name."""
    found = match(source, TABLE, renames or {})
    assert [item.entry for item in found] == TABLE
    return [(item.tensor.name, item.how) for item in found]


NAMES = [
    "net/mha/wq/kernel",
    "net/mha/wq/bias",
    "net/mha/wk/kernel",
    "net/mha/wk/bias",
    "net/logit/kernel",
]


def test_order_decides_where_names_say_nothing():
    plain = [f"d{n}/{n}" for n in range(5)]
    assert pairs(source(*plain, named=False)) == [(name, "order") for name in plain]
    assert pairs(source(*NAMES)) == [(name, "order") for name in NAMES]


def test_paths_decide_where_the_order_is_not_keras_s():
    shuffled = [NAMES[at] for at in (4, 2, 3, 0, 1)]
    shapes = [TABLE[at].shape for at in (4, 2, 3, 0, 1)]
    found = source(*shuffled, ordered=False, shapes=shapes)
    assert pairs(found) == [(name, "path") for name in NAMES]


def test_a_shape_that_only_one_layer_has_decides_last():
    found = source(*NAMES[:4], "x/0", ordered=False)
    assert pairs(found)[-1] == ("x/0", "shape")


def test_two_layers_of_one_shape_are_never_guessed():
    found = source("a/0", "a/1", "b/0", "b/1", "x/0", ordered=False)
    with pytest.raises(WeightsError, match=r"4 arrays and 4 weights .* without guessing") as caught:
        match(found, TABLE, {})
    assert caught.value.rows[0].expected == "mha/wq/kernel or mha/wk/kernel"
    assert [how for _, how in pairs(found, {"a": "mha/wk", "b": "mha/wq"})] == ["rename"] * 4 + [
        "shape"
    ]


def test_names_that_contradict_the_order_are_refused():
    swapped = [NAMES[at] for at in (2, 3, 0, 1, 4)]
    with pytest.raises(WeightsError, match="contradict each other for 4 arrays") as caught:
        match(source(*swapped), TABLE, {})
    assert caught.value.rows[0].name == "net/mha/wk/kernel"
    assert pairs(source(*swapped, named=False))[0] == ("net/mha/wk/kernel", "order")


@pytest.mark.parametrize(
    ("renames", "problem"),
    [
        ({"none": "mha/wq"}, "--rename none=mha/wq: the file has no none"),
        ({"net/mha/wq": "mha/none"}, "--rename net/mha/wq=mha/none: the model has no mha/none"),
        ({"net/mha/wq/bias": "logit/kernel"}, "net/mha/wq/bias 2, expected logit/kernel 2 x 1"),
        ({"net/mha/wq": "mha/wq", "net/mha/wq/bias": "mha/wq/bias"}, "given twice for mha/wq/bias"),
    ],
)
def test_a_wrong_rename_is_refused(renames, problem):
    with pytest.raises(WeightsError) as caught:
        match(source(*NAMES), TABLE, renames)
    assert problem in str(caught.value)


def test_a_missing_array_is_named():
    found = source(*NAMES[:4], named=False, shapes=[entry.shape for entry in TABLE[:4]])
    with pytest.raises(WeightsError, match="not the weights of this model") as caught:
        match(found, TABLE, {})
    assert caught.value.rows == (Mismatch("(missing)", "", "logit/kernel 2 x 1"),)


def test_ignored_arrays_are_set_aside_by_name_or_path():
    found = without_ignored(source(*NAMES), ["net/mha/wq/", "net/logit/kernel"])
    assert [tensor.name for tensor in found.tensors] == NAMES[2:4]
    assert [item.name for item in found.set_aside] == [*NAMES[:2], NAMES[4]]
    with pytest.raises(WeightsError, match="w: --ignore net/mha/w: no such array in the file"):
        without_ignored(source(*NAMES), ["net/mha/w"])
