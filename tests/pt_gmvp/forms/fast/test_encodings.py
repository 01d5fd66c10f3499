import pytest
import torch

from pt_gmvp.forms.fast.encodings import attended
from pt_gmvp.initializers import Dense

COLUMNS, WIDTH, HEADS, LENGTH = 5, 4, 2, 7
WINDOW = torch.tensor([1, 0, 1, 1])


def drawn(variants: int | None, windows: int = 2) -> tuple[Dense, list[torch.Tensor]]:
    """A layer, a context, keys (of each variant, or of all), and the slot's logits."""
    generator = torch.Generator().manual_seed(3)
    layer = Dense(COLUMNS, WIDTH).double()
    layer.reset_parameters(generator)
    keys = (HEADS, WIDTH) if variants is None else (variants, HEADS, WIDTH)
    shapes = (windows, LENGTH, COLUMNS), keys, (HEADS,)
    return layer, [
        torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for shape in shapes
    ]


def finish(logits: torch.Tensor, slot: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scores = torch.cat([logits, slot.expand(len(logits), -1)[..., None]], -1)
    return scores, scores.softmax(-1)


def dense(layer, context, keys, window, slot) -> tuple[torch.Tensor, ...]:
    """Scores, attention, sums and encodings by torch's own operations."""
    encoded = layer(context).relu()
    each = encoded if window is None else encoded[window]
    scores, attention = finish(keys @ each.mT, slot)
    return scores, attention, attention[..., :-1] @ each, encoded


@pytest.mark.parametrize("window", [None, WINDOW])
@pytest.mark.parametrize("of_each", [False, True])
@pytest.mark.parametrize("used", [(0, 1, 2), (1,), (2,), (0, 2)])
def test_values_and_gradients_are_those_of_dense_layers(window, of_each, used):
    variants = 2 if window is None else len(window)
    layer, (context, keys, slot) = drawn(variants if of_each else None)
    found = attended(layer, context, None, keys, window, finish, slot)
    expected = dense(layer, context, keys, window, slot)
    sources = [layer.weight, layer.bias, context, keys, slot]
    gradients = []
    for outputs in (found, expected):
        total = sum(outputs[number].square().sum() for number in used)
        gradients.append(torch.autograd.grad(total, sources, retain_graph=True))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_columns_that_are_data_get_no_gradient():
    layer, (context, keys, slot) = drawn(None)
    gradients = []
    for learnt in (None, slice(1, 3)):
        _, _, sums, _ = attended(layer, context, learnt, keys, None, finish, slot)
        gradients.append(torch.autograd.grad(sums.sum(), context)[0])
    whole, some = gradients
    torch.testing.assert_close(some[..., 1:3], whole[..., 1:3])
    assert not some[..., [0, 3, 4]].any()
    assert whole[..., [0, 3, 4]].any()


def test_the_encodings_pass_no_gradient_on():
    layer, (context, keys, slot) = drawn(None)
    scores, _, _, encoded = attended(layer, context, None, keys, None, finish, slot)
    assert scores.requires_grad
    assert not encoded.requires_grad


def test_nothing_is_recorded_without_gradients():
    layer, (context, keys, slot) = drawn(None)
    with torch.no_grad():
        found = attended(layer, context, None, keys, WINDOW, finish, slot)
    assert not any(each.requires_grad for each in found)
