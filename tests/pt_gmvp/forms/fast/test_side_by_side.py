"""Slices side by side give what they give alone, and the same bits by any number of threads."""

from collections.abc import Callable

import pytest
import torch

from pt_gmvp.forms.fast.side_by_side import side_by_side
from pt_gmvp.model import GMVP
from tests.pt_gmvp.forms.fast.test_model import drawn


@pytest.fixture(params=[1, 3])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def tensors():
    generator = torch.Generator().manual_seed(1)
    x, weight = (torch.randn(6, 4, generator=generator).double() for _ in range(2))
    return x.requires_grad_(), torch.nn.Parameter(weight)


def run_of(weight: torch.Tensor) -> Callable[..., dict[str, torch.Tensor]]:
    def run(some: slice, x: torch.Tensor, given: torch.Tensor) -> dict[str, torch.Tensor]:
        product = x[some] * weight[some]
        return {"product": product, "power": given.exp() * product, "fixed": x[some].detach() + 1}

    return run


PARTS = [slice(0, 2), slice(2, 5), slice(5, 6)]


def test_values_and_gradients_are_those_of_all_at_once(threads):
    x, weight = tensors()
    given = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    sources = x, given, weight
    whole = run_of(weight)(slice(None), x, given)
    parts = side_by_side(run_of(weight), PARTS, (x, given), [weight])
    for name, value in whole.items():
        joined = torch.cat([part[name] for part in parts])
        assert torch.equal(joined, value)
        assert joined.requires_grad == value.requires_grad
    product, power = (torch.cat([part[name] for part in parts]) for name in ("product", "power"))
    expected = torch.autograd.grad((whole["product"] * whole["power"]).sum(), sources)
    loss = (product * power).sum()
    # Twice, as nothing forbids it.
    for kept in (True, False):
        found = torch.autograd.grad(loss, sources, retain_graph=kept)
        for mine, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-14, atol=0)


def test_what_is_not_asked_for_has_no_gradient(threads):
    x, weight = tensors()
    other = torch.nn.Parameter(torch.ones(2))
    frozen = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    parts = side_by_side(
        run_of(weight), PARTS, (x.detach(), torch.tensor(0.0)), [weight, other, frozen]
    )
    # Of one part only.
    parts[1]["product"].sum().backward()
    assert other.grad is frozen.grad is None
    assert x.grad is None
    assert (weight.grad != 0).any(1).tolist() == [False, False, True, True, True, False]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_nothing_is_recorded_where_the_caller_records_nothing(mode, threads):
    x, weight = tensors()
    with mode():
        parts = side_by_side(run_of(weight), PARTS, (x, torch.tensor(0.0)), [weight])
    assert not any(value.requires_grad for part in parts for value in part.values())
    assert {value.is_inference() for part in parts for value in part.values()} == {
        mode is torch.inference_mode
    }


def test_a_slices_error_is_the_callers(threads):
    def fails(some, x):
        raise ArithmeticError(f"of {some}")

    with pytest.raises(ArithmeticError, match="of 1"):
        side_by_side(fails, [1, 2], (torch.ones(1),), [])


def test_a_model_gives_the_same_bits_by_any_number_of_threads(small: Callable[..., GMVP]):
    model = small(d_fc=24, d_model=24, num_heads=2).float().train()
    model.form = "fast"
    codes = torch.arange(40) % 20
    feature, mask = (x.float() for x in drawn(3, 40, 5))
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            torch.manual_seed(0)
            model.zero_grad()
            intermediates = model.trace(codes, codes.flip(0), feature, mask)
            # What comes after the attention is torch's to share out among threads.
            intermediates["mha/attention"].square().sum().backward()
            gradients = [w.grad for w in model.parameters() if w.grad is not None]
            found.append([intermediates["mha/attention"].detach(), *gradients])
    finally:
        torch.set_num_threads(before)
    assert len(found[0]) > 10
    for others in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], others, strict=True))
