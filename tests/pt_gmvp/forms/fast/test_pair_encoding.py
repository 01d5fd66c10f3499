import pytest
import torch
from torch.nn import functional

from pt_gmvp.forms.fast.counting import relate
from pt_gmvp.forms.fast.pair_encoding import encode_pairs, pair_kernel
from pt_gmvp.initializers import Dense


@pytest.mark.parametrize(("centered", "normed"), [(False, 0), (True, 21), (True, 20)])
def test_it_is_the_dense_layer_on_all_columns_with_its_gradients(centered, normed):
    generator = torch.Generator().manual_seed(3)
    codes = torch.randint(0, 4, (2, 129, 30), generator=generator).double()
    weights = torch.rand(30, generator=generator, dtype=torch.float64).softmax(0)
    layer = Dense(441 + bool(normed), 6).double()
    results = []
    for dense in (True, False):
        weights = weights.detach().requires_grad_()
        layer.zero_grad()
        related = relate(codes, weights, centered, normed)
        if dense:
            encoded = functional.linear(related.dense(), layer.weight, layer.bias).relu()
        else:
            encoded = encode_pairs(pair_kernel(layer), layer.bias, related)
        encoded.square().sum().backward()
        results.append((encoded, layer.weight.grad, layer.bias.grad, weights.grad))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)
