"""Masks in the order of their draws, and the search for the layers that a call refers to."""

import functools

import numpy as np

from parity.declaring.training_mode import Draw, MaskChange, TrainingMode
from parity.runners.training_session import MaskSource, find_objects


class Layer:
    pass


class Holder:
    def __init__(self, layer):
        self.inner = {"list": [layer]}

    def call(self, x):
        return self.inner, x


MODULE_LEVEL = Layer()


def test_layers_are_found_in_closures_attributes_globals_and_partials():
    layer = Layer()
    ways = {
        "closure": lambda x: (layer, x),
        "default": lambda x, of=layer: (of, x),
        "method": Holder(layer).call,
        "partial": functools.partial(print, layer),
        "nested": lambda x: [lambda: layer for _ in x],
    }
    for name, call in ways.items():
        assert find_objects(call, Layer) == [layer], name
    assert find_objects(lambda x: (MODULE_LEVEL, x), Layer) == [MODULE_LEVEL]
    assert find_objects(lambda x: x, Layer) == []


def test_given_masks_are_used_in_order_and_again_in_the_next_step():
    given = (np.full((2,), 0.5, np.float32), np.full((3,), 0.25, np.float32))
    masks = MaskSource(TrainingMode({"candidate": given}), "candidate", seed=1)
    for _ in range(2):
        assert masks.draw(0.1, (2,), lambda: None)[0] is given[0]
        assert masks.draw(0.1, (3,), lambda: None)[0] is given[1]
        own, change = masks.draw(0.1, (4,), lambda: None)
        assert own.shape == (4,)
        assert change is None
        masks.start_step()
    assert [draw.shape for draw in masks.draws] == [(2,), (3,), (4,)]


def test_a_mask_of_another_shape_than_the_given_one_is_drawn_anew():
    given = (np.full((2,), 0.5, np.float32),)
    masks = MaskSource(TrainingMode({"candidate": given}), "candidate", seed=1)
    numbers, _ = masks.draw(0.1, (2, 1), lambda: None)
    assert numbers.shape == (2, 1)
    assert not np.any(numbers == 0.5)


def test_own_masks_depend_on_seed_role_and_place_alone():
    def numbers(role, seed):
        return MaskSource(TrainingMode(), role, seed).draw(0.1, (50,), lambda: None)[0]

    assert np.array_equal(numbers("reference", 1), numbers("reference", 1))
    assert not np.array_equal(numbers("reference", 1), numbers("reference", 2))
    assert not np.array_equal(numbers("reference", 1), numbers("candidate", 1))


def test_hypotheses_and_choices_reach_the_mask():
    change = MaskChange(0.5)
    chosen = np.zeros((2,), np.float32)
    seen: list[Draw] = []

    def choose(drawn):
        seen.append(drawn)
        return chosen

    mode = TrainingMode(choose=choose, changes={"candidate": {0: change}}, watch=True)
    masks = MaskSource(mode, "candidate", seed=1)
    values = np.arange(2.0)
    assert masks.draw(0.25, (2,), lambda: values) == (chosen, change)
    assert seen[0].rate == 0.25
    assert seen[0].values is values
