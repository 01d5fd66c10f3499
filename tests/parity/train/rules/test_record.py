"""Parts of records: some elements, some weights, the first steps."""

import numpy as np

from tests.parity.train.rules.records import of_numpy


def test_parts():
    record = of_numpy(lambda state, weight, gradient, step: None, steps=5)
    assert record.steps == 5
    assert record.present() == list(record.names)
    biases = record.of(["first/bias", "second/bias"])
    assert biases.gradients.shape == (5, 7)
    assert biases.present() == ["first/bias", "second/bias"]
    np.testing.assert_array_equal(np.unique(biases.owner), [1, 3])
    early = biases.first(2)
    assert (early.steps, early.weights.shape, early.norms.shape) == (2, (3, 7), (2, 4))
