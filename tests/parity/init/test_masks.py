"""Masks by which gradients mean nothing are found by a check, and written into the declaration."""

import torch

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.model_inputs import Input, draw_inputs
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.init.declaration import _input
from parity.init.masks import exempt_masks

MASKED = {"x": Input((5,)), "mask": Input((5,), meaning="mask")}


def checker(reference, candidate, inputs, whole="model"):
    def side(function):
        return Side("torch", lambda options, dtype: Built(lambda given: {"y": function(**given)}))

    def load(source, seed, count):
        return InputSet("drawn", draw_inputs(inputs, seed, count))

    configs = (Configuration("default", {}),)
    pair = Pair("model", side(reference), side(candidate), configs, lambda g: g.inputs.arrays)
    return Checker(
        Port("port", (pair,), load, whole=whole), load(None, 1, 4), Selection(gradients=True)
    )


def adding(x, mask):
    return torch.softmax(x + (1 - mask) * -1e9, -1)


def filling(x, mask):
    return torch.softmax(x.masked_fill(mask == 0, -torch.inf), -1)


def times(x, mask):
    return x * mask


def test_a_mask_that_is_compared_is_written_with_its_reason():
    found = exempt_masks(checker(adding, filling, MASKED), MASKED)
    assert found["x"] == MASKED["x"]
    assert "adds a large one" in found["mask"].exempt_gradient
    assert _input("mask", found["mask"]).endswith(
        'exempt_gradient="a mask that is compared with a number, or adds a large one")'
    )


def test_a_mask_that_is_a_factor_stays_as_it_is():
    assert exempt_masks(checker(times, times, MASKED), MASKED) == MASKED


def test_without_masks_or_a_whole_model_nothing_is_run():
    def raising(x):
        raise AssertionError

    only_x = {"x": Input((5,))}
    assert exempt_masks(checker(raising, raising, only_x), only_x) == only_x
    assert exempt_masks(checker(raising, raising, MASKED, whole=None), MASKED) == MASKED
