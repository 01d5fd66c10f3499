"""Matching of a file's arrays to the model's weights, never by guessing."""

import pytest

from converters.errors import WeightsError
from converters.weights.keras_h5 import read_keras_h5
from converters.weights.matching import match
from converters.weights.sources import Source
from converters.weights.weight_map import entries


def sorted_by_name(source: Source) -> Source:
    """The planted mistake: TRAPS 29, names instead of order."""
    tensors = sorted(source.tensors, key=lambda tensor: (tensor.layer, tensor.name))
    return Source(source.path, source.format, tuple(tensors), source.ordered, source.named)


@pytest.mark.parametrize("case", ["ensemble_21", "ensemble_22"])
def test_a_reader_that_sorts_by_name_is_caught_by_shapes(case, golden_weights):
    path, config, _ = golden_weights[case]
    with pytest.raises(WeightsError, match="not the weights of this model"):
        match(sorted_by_name(read_keras_h5(path)), entries(config), {})
