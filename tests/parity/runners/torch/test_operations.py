"""What a call was given, by name, in whatever way it was written."""

import pytest
import torch

from parity.runners.torch.operations import bind_call


@pytest.mark.parametrize("kind", ["reshape", "expand", "repeat"])
@pytest.mark.parametrize(
    ("given", "sizes"), [((-1,), (-1,)), ((2, 3), (2, 3)), (((2, 3),), (2, 3)), (([6],), [6])]
)
def test_sizes_may_be_given_one_by_one_or_together(kind, given, sizes):
    function = getattr(torch.Tensor, kind)
    found, bound = bind_call(function, (torch.zeros(6), *given), {})
    assert found == kind
    names = {"reshape": "shape", "expand": "size", "repeat": "repeats"}
    assert bound[names[kind]] == sizes
