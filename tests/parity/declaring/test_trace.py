"""A trace as one dictionary: outputs in their order, then gradients."""

import numpy as np

from parity.declaring.trace import Trace


def test_gradients_follow_the_outputs_under_names_of_their_own():
    one = np.ones(1)
    trace = Trace("numpy", "2", "float32", {"b": one, "a": one}, {"input/a": one, "weight/w": one})
    assert list(trace.named()) == ["b", "a", "grad/input/a", "grad/weight/w"]
