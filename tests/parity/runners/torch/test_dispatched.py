"""What a dispatch mode must know of an operation."""

import torch

from parity.runners.torch.dispatched import needs_float64, tensors_in, values_of, written_by


def test_what_float32_cannot_hold():
    assert needs_float64(torch.tensor([0.5, 0.1], dtype=torch.float64))
    assert not needs_float64(torch.tensor([0.5, 0.1]).double())
    assert not needs_float64(torch.tensor([0.1]))


def test_what_is_written_in_place():
    one, other = torch.zeros(2), torch.ones(2)
    assert written_by(torch.ops.aten.copy_.default, (one, other), {})[0] is one
    assert written_by(torch.ops.aten.add.out, (one, other), {"out": other})[0] is other
    assert written_by(torch.ops.aten.add.Tensor, (one, other), {}) == []


def test_values_are_a_copy():
    tensor = torch.zeros(2)
    values = values_of(tensor)
    tensor += 1
    assert values.tolist() == [0, 0]
    assert values.dtype == "float64"


def test_tensors_nested_in_any_way():
    one, other = torch.zeros(2), torch.ones(2)
    assert len(tensors_in([one, (other, None), 3])) == 2
