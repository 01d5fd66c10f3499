"""The common result of all readers of weight files."""

from pathlib import Path

import numpy as np
import pytest

from converters.weights.sources import SetAside, Source, Tensor


@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 4)])
def test_a_tensor_has_the_shape_of_its_array(shape):
    assert Tensor("mha/wq/kernel:0", np.zeros(shape), "mha/wq", "kernel").shape == shape


def test_two_tensors_are_equal_only_if_they_are_the_same():
    """Comparing arrays would be slow, and ambiguous where one is looked for in a list."""
    one, other = (Tensor("w", np.zeros(2), "", "w") for _ in range(2))
    assert one != other
    assert one in [other, one]
    assert len({one, other}) == 2


def test_nothing_is_set_aside_by_default():
    source = Source(Path("w.h5"), "Keras 2 HDF5 weights", (), True, False)
    assert source.set_aside == ()
    assert (
        SetAside("optimizer_weights", "state of the optimizer").reason == "state of the optimizer"
    )
