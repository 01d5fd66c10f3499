"""Order of parts and of axes, as repairs of a candidate."""

import torch
from torch.nn import functional

from parity.runners.torch.operations import bind_call
from parity.runners.torch.repairs import repairs

X = torch.arange(24.0).reshape(2, 3, 4)


def found(func, *args, **kwargs):
    return repairs(bind_call(func, args, kwargs)[1])


def test_parts_in_another_order_and_interleaved():
    ways = found(torch.chunk, X, 2, -1)
    first, second = X.chunk(2, -1)
    swapped = ways["with its parts in the order 1, 0"].do()
    assert torch.equal(swapped[0], second)
    assert torch.equal(swapped[1], first)
    even, odd = ways["with its parts interleaved"].do()
    assert torch.equal(even, X[..., ::2])
    assert torch.equal(odd, X[..., 1::2])
    assert len(found(torch.Tensor.unbind, X, 1)) == 5
    assert found(torch.chunk, torch.cat([X, X], -1), 8, -1) == {}


def test_the_other_half_of_a_gated_unit_is_the_gate():
    first, second = X.chunk(2, -1)
    do = found(functional.glu, X)["with its halves exchanged"].do
    assert torch.equal(do(), torch.sigmoid(first) * second)


def test_tensors_joined_in_another_order():
    ways = found(torch.cat, [X, X + 1], -1)
    assert torch.equal(ways["in the order 1, 0"].do(), torch.cat([X + 1, X], -1))


def test_axes_exchanged_where_heads_are_merged_or_split():
    ways = found(torch.Tensor.reshape, X, 6, 4)
    merged = ways["with axes 0 and 1 exchanged before it"].do()
    assert torch.equal(merged, X.transpose(0, 1).reshape(6, 4))
    ways = found(torch.Tensor.view, X, 2, 3, 2, 2)
    split = ways["with axes 1 and 2 exchanged after it"].do()
    assert split.shape == (2, 3, 2, 2)
    assert torch.equal(split, X.reshape(2, 2, 3, 2).transpose(1, 2))


def test_permutations_of_the_same_shape():
    ways = found(torch.Tensor.permute, X[:, :2, :2], 0, 2, 1)
    assert "by [0, 2, 1]" not in ways
    assert torch.equal(ways["by [0, 1, 2]"].do(), X[:, :2, :2])
    assert len(ways) == 5


def test_letters_of_an_einstein_sum():
    ways = found(torch.einsum, "bij,bjk->bik", X.expand(2, 3, 4)[:, :, :3], X[:, :, :3])
    do = ways["as bij,bkj->bik"].do
    assert torch.equal(do(), X[:, :, :3] @ X[:, :, :3].mT)
    for do in (way.do for way in ways.values()):
        assert do().shape == (2, 3, 3)


def test_einstein_sums_of_another_shape_are_not_tried():
    def never(*args):
        tried.append(args)
        return torch.einsum(*args)

    tried = []
    never.__name__ = "einsum"
    # With a and i exchanged, nothing would be summed over.
    ways = found(never, "nia,nib->nab", torch.ones(1, 9, 2), torch.ones(1, 9, 3))
    assert ways == {}
    assert tried == []
    # An axis of one element is broadcast.
    assert found(torch.einsum, "ij,jk->ik", torch.ones(3, 1), torch.ones(3, 3))


def test_many_axes_are_permuted_whatever_their_sizes_behind_the_records():
    x = torch.arange(120.0).reshape(1, 2, 3, 4, 5)
    ways = found(torch.Tensor.permute, x, 0, 1, 2, 4, 3)
    assert len(ways) == 23
    assert torch.equal(ways["by [0, 3, 1, 2, 4]"].do(), x.permute(0, 3, 1, 2, 4))
