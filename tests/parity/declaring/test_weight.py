"""A weight that both sides store alike is its own image."""

import numpy as np
import pytest

from parity.declaring.weight import Weight


def test_a_weight_without_a_transform_is_passed_on_as_it_is():
    weight, array = Weight("w", (2, 3), ("k",)), np.arange(6.0).reshape(2, 3)
    (laid_out,) = weight.forward(array)
    assert laid_out is array
    assert weight.inverse((laid_out,)) is array


def test_one_key_has_one_array():
    with pytest.raises(ValueError, match="too many values"):
        Weight("w", (2,), ("k",)).inverse((np.ones(2), np.ones(2)))
