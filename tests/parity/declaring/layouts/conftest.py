"""Laws of every weight map: it moves elements, has an exact inverse, and fits the module."""

from collections.abc import Callable

import numpy as np
import pytest
from torch import nn

from parity.declaring.weight import Weight


@pytest.fixture(scope="session")
def assert_moves_elements() -> Callable[[Weight], None]:
    """Check that a map only moves elements and that its inverse is exact."""

    def check(weight: Weight) -> None:
        array = np.arange(np.prod(weight.shape), dtype=np.float32).reshape(weight.shape)
        laid_out = weight.forward(array)
        assert len(laid_out) == len(weight.keys)
        assert sorted(np.concatenate([a.ravel() for a in laid_out])) == sorted(array.ravel())
        np.testing.assert_array_equal(weight.inverse(laid_out), array)

    return check


@pytest.fixture(scope="session")
def assert_fits() -> Callable[[tuple[Weight, ...], nn.Module], None]:
    """Check that maps give the shapes of a module's parameters, by name after "m."."""

    def check(weights: tuple[Weight, ...], module: nn.Module) -> None:
        shapes = {f"m.{name}": tuple(value.shape) for name, value in module.named_parameters()}
        for weight in weights:
            arrays = weight.forward(np.zeros(weight.shape, np.float32))
            for key, array in zip(weight.keys, arrays, strict=True):
                assert shapes[key] == array.shape, key

    return check
