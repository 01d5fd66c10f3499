"""The reference's numbers that a candidate lacks."""

import numpy as np
import pytest

from parity.declaring.port import Built, Side
from parity.diagnosing.reference_numbers import find_lacking_numbers
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, numpy_side, torch_side


def lacking(reference, candidate):
    port = make_port(reference, candidate, {"x": drawn(4, 3)})
    return find_lacking_numbers(port.pairs[0], make_task(port))


def wrong(x):
    return (x / 128 - 1).tanh() * 2.5


def test_numbers_that_both_sides_have_are_left_out():
    right = torch_side(lambda x: (x / 127.5 - 1).tanh() * -2.5)
    assert lacking(right, torch_side(wrong)) == (127.5,)


def test_axes_and_sizes_are_no_numbers():
    right = torch_side(lambda x: x.reshape(2, 6).sum(1) / 128 - 1)
    assert lacking(right, torch_side(wrong)) == ()


def test_a_side_that_shows_no_numbers_lacks_none():
    right = numpy_side(lambda options, x: {"y": x / 127.5})
    assert lacking(right, torch_side(wrong)) == ()
    assert lacking(torch_side(wrong), right) == ()


@pytest.mark.slow
def test_tensorflows_numbers_are_as_the_code_states_them():
    tf = pytest.importorskip("tensorflow")

    def layer(x):
        y = tf.nn.leaky_relu(x * 0.1, 0.3) + tf.cast(0.7, x.dtype)
        return {"y": y * tf.math.rsqrt(tf.constant(8.0, x.dtype))}

    right = Side("tensorflow", lambda options, dtype: Built(lambda given: layer(**given)))
    found = lacking(right, torch_side(wrong))
    assert {0.1, 0.7, 0.3} <= {round(number, 9) for number in found}
    assert any(np.isclose(number, 8**-0.5) for number in found)
