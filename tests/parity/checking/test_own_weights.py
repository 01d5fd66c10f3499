"""A candidate's own weights are the reference's to the bit, or the tensors are named."""

import numpy as np
import pytest

from parity.checking.given_weights import GivenWeights
from parity.checking.own_weights import OwnWeight, compare_own_weights
from parity.declaring.trace import Task
from parity.errors import ParityError
from parity.runners.transfer import weights_for
from tests.parity.weighted_port import MAP, make_port, reference_weights

WEIGHTS = reference_weights()
CARRIED = weights_for("candidate", Task({}, {}, WEIGHTS, MAP, (), 1))


def compared(**changes):
    own = {**CARRIED, **{key.replace("_", "."): array for key, array in changes.items()}}
    return compare_own_weights(make_port(own=own), GivenWeights("w", WEIGHTS))


def test_the_same_bits_are_the_references():
    found = compared()
    assert (found.compared, found.different) == (4, ())


def test_a_tensor_that_is_off_is_named_with_the_difference():
    (one,) = compared(
        **{"0_bias": CARRIED["0.bias"] + np.array([0, 0.5, 0, 0], np.float32)}
    ).different
    assert (one.key, one.weight, one.instead) == ("0.bias", "first/bias", "")
    assert one.max_abs_err == pytest.approx(0.5)
    assert one.scale == np.abs(CARRIED["0.bias"]).max()


def test_one_bit_is_a_difference():
    moved = CARRIED["1.weight"].copy()
    moved[2, 3] = np.nextafter(moved[2, 3], np.float32(9))
    (one,) = compared(**{"1_weight": moved}).different
    assert one.key == "1.weight"
    assert one.max_abs_err < 1e-6


def test_swapped_tensors_are_named_as_such():
    swapped = {"0_weight": CARRIED["1.weight"], "1_weight": CARRIED["0.weight"]}
    found = {one.key: one.instead for one in compared(**swapped).different}
    assert found == {"0.weight": "1.weight", "1.weight": "0.weight"}


def test_what_is_not_a_number_is_infinitely_far():
    (one,) = compared(**{"0_bias": CARRIED["0.bias"] * np.nan}).different
    assert one == OwnWeight("0.bias", "first/bias", float("inf"), one.scale)


def test_a_port_without_a_whole_model_is_refused():
    with pytest.raises(ParityError, match="has no whole model"):
        compare_own_weights(make_port(whole=None), GivenWeights("w", WEIGHTS))
