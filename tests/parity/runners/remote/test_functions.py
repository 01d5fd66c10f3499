"""Plain functions in the place of models."""

from pathlib import Path

import numpy as np
import pytest

from parity.arrays import Arrays
from parity.declaring.model_sides import Layer
from parity.errors import ParityError, StructureError
from parity.runners.remote.functions import FunctionModel, is_function_of_arrays


def test_functions_that_need_arguments_are_told_from_factories() -> None:
    assert is_function_of_arrays(lambda x, y=1: x)
    assert not is_function_of_arrays(lambda: 1)
    assert not is_function_of_arrays(lambda dtype: 1)
    assert not is_function_of_arrays(lambda **options: 1)
    assert not is_function_of_arrays(int)


def test_a_function_is_called_and_described(folder: Path) -> None:
    inputs: Arrays = {"x": np.ones((2, 3), np.float32), "n": np.arange(2)}
    model = FunctionModel("reference.py:double", folder, "float64", inputs)
    described = model.describe(inputs)
    assert described.outputs == {"output/y": (2, 3), "output/n": (2,), "output/even": (2,)}
    assert described.layers == ()
    found = model.run({}, inputs, ())
    assert found["output/y"].dtype == np.float64
    np.testing.assert_array_equal(found["output/even"], [True, False])


def test_a_function_that_fails_is_one_line(folder: Path) -> None:
    model = FunctionModel(
        "reference.py:raises", folder, "float32", {"x": np.ones(1), "n": np.ones(1)}
    )
    with pytest.raises(ParityError, match=r"cannot be called on x \(1,\), n \(1,\): KeyError"):
        model.run({}, {"x": np.ones(1), "n": np.ones(1)}, ())
    with pytest.raises(StructureError, match="has no layer 'a'"):
        model.run_layer(Layer("a", "b"), {}, np.ones(1))
