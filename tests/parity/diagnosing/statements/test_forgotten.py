"""Methods and arguments that are forgotten exist, and fit the tensor."""

import pytest
import torch
from torch.nn import functional

from parity.diagnosing.statements.forgotten import _KEYWORDS, keywords, methods


@pytest.mark.parametrize("shape", [(3,), (2, 1), (2, 3), (2, 3, 4)])
def test_methods_can_be_called_on_a_tensor_of_the_shape(shape):
    found = [call for _, call in methods(shape, of_gradients=False)]
    assert found
    for call in found:
        eval(f"x{call}", {"x": torch.zeros(shape)})
    assert (".squeeze(-1)" in found) == (shape[-1] == 1)


def test_gradients_are_stopped_alone():
    assert [call for _, call in methods((2, 3), of_gradients=True)] == [".detach()"]


def test_functions_are_known_by_their_last_name():
    assert list(keywords("torch.Tensor.var")) == list(keywords("var")) == [("correction", "0")]
    assert list(keywords("unknown")) == []


@pytest.mark.parametrize("name", sorted(_KEYWORDS))
def test_functions_exist(name):
    assert any(hasattr(place, name) for place in (torch, torch.Tensor, functional))
