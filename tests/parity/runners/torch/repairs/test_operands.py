"""Operands of sums and products, as repairs of a candidate."""

import torch

from parity.runners.torch.operations import Earlier, bind_call
from parity.runners.torch.repairs import repairs

X = torch.linspace(-3, 3, 12, dtype=torch.float64).reshape(3, 4)
Y = X.cos()


def found(func, *args, earlier=(), **kwargs):
    bound = bind_call(func, args, kwargs)[1]
    return repairs({**bound, "earlier": earlier})


def again(**changed):
    return X[:, :2]


def test_signs_terms_and_functions_behind_a_sum():
    ways = found(torch.Tensor.add, X, Y)
    assert torch.equal(ways["as a difference"].do(), X - Y)
    assert torch.equal(ways["without its second operand"].do(), X)
    assert torch.equal(ways["without its first operand"].do(), Y)
    assert torch.equal(ways["followed by relu"].do(), torch.relu(X + Y))
    assert "without its first operand" not in found(torch.Tensor.add, X, Y[:1])
    ways = found(torch.Tensor.sub, X, Y)
    assert torch.equal(ways["with its operands exchanged"].do(), Y - X)
    assert torch.equal(found(torch.Tensor.mul, X, 3.0)["left out"].do(), X)


def test_operands_from_before_and_after_an_earlier_call():
    norm = Earlier("layer_norm", 0, X, None, Y, again)
    ways = found(torch.Tensor.add, Y, X, earlier=[norm])
    name = "with its first operand as before layer_norm 1"
    assert torch.equal(ways[name].do(), X + X)
    assert torch.equal(ways["with its second operand as after layer_norm 1"].do(), Y + Y)
    assert not any("layer_norm" in name for name in found(torch.Tensor.add, X, Y))


def test_a_term_of_an_earlier_sum():
    earlier = Earlier("add", 2, Y, X[:1], Y + X[:1], again)
    ways = found(torch.softmax, X, -1, earlier=[earlier])
    assert torch.equal(ways["with the term of add 3"].do(), (X + X[:1]).softmax(-1))


def test_products_of_matrices():
    ways = found(torch.matmul, X, Y.T)
    assert torch.allclose(ways["divided by the root of its inner size"].do(), X @ Y.T / 2)
    ways = found(torch.matmul, Y.T @ X, X.T @ X)
    assert torch.equal(ways["with its first factor transposed"].do(), (X.T @ Y) @ (X.T @ X))


def test_a_layers_input_added_and_an_embedding_scaled():
    ways = found(torch.nn.functional.linear, X, Y.T @ X)
    right = torch.nn.functional.linear(X, Y.T @ X) + X
    assert torch.equal(ways["with its input added"].do(), right)
    assert "with its input added" not in found(torch.nn.functional.linear, X, Y)
    ways = found(torch.nn.functional.embedding, torch.tensor([1, 2]), X)
    assert torch.equal(ways["times the root of its size"].do(), X[1:3] * 2)


def test_a_factor_of_a_product_of_spectra_is_conjugated():
    one, other = torch.complex(X, Y), torch.complex(Y, X)
    ways = found(torch.Tensor.mul, one, other)
    assert torch.equal(ways["with its first factor conjugated"].do(), one.conj() * other)
    assert torch.equal(ways["with its second factor conjugated"].do(), one * other.conj())
    assert not any("conjugated" in name for name in found(torch.Tensor.mul, X, Y))


def test_a_product_with_a_mask_is_never_a_quotient():
    assert "as a quotient" in found(torch.Tensor.mul, X, Y)
    assert "as a quotient" not in found(torch.Tensor.mul, X, (Y > 0).double())
