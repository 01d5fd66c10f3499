import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.attention import MultiHeadAttention
from pt_gmvp.forms.fast.attention import attend

SCORES = ("add", "nn", "dot")


def drawn(score: str, seed: int, heads: int) -> tuple[MultiHeadAttention, list[torch.Tensor]]:
    random = torch.Generator().manual_seed(seed)
    layer = MultiHeadAttention(6, 4 * heads, heads, score, 5).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=random))
    arguments = [
        torch.randn(3, rows, 6, generator=random, dtype=torch.float64).requires_grad_()
        for rows in (1, 5, 5)
    ]
    mask = (torch.rand(3, 5, generator=random) < 0.4).double()
    return layer, [*arguments, mask]


@settings(max_examples=40)
@given(st.sampled_from(SCORES), st.integers(0, 10_000), st.integers(1, 3))
def test_it_computes_what_the_layer_does(score: str, seed: int, heads: int) -> None:
    layer, arguments = drawn(score, seed, heads)
    found, expected = attend(layer, *arguments), layer.trace(*arguments)
    asked = [*layer.parameters(), *arguments[:3]]
    for name, value in found.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-10, atol=1e-12)
        gradients = (
            (
                torch.autograd.grad(y[name].square().sum(), asked, allow_unused=True)
                for y in (found, expected)
            )
            if name == "mha"
            else ((), ())
        )
        for one, other in zip(*gradients, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("score", SCORES)
def test_where_all_is_masked_the_slot_takes_it_all(score: str) -> None:
    layer, arguments = drawn(score, 1, 2)
    query, key, value = arguments[:3]
    intermediates = attend(layer, query, key, value, torch.ones(3, 5))
    assert torch.equal(intermediates["attention"][..., -1], torch.ones(3, 2).double())
    torch.testing.assert_close(intermediates["mha"], layer.out_proj(layer.bias_v[0]).expand(3, -1))
