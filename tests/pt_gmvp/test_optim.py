import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.optim import AddonsAdamW, KerasAdam, WarmupLinearDecay, learning_rate, loss


@given(st.lists(st.tuples(st.floats(-50, 50), st.booleans()), min_size=1))
def test_the_loss_is_the_mean_cross_entropy(pairs: list[tuple[float, bool]]) -> None:
    logits, labels = zip(*pairs, strict=True)
    expected = np.mean(
        [np.logaddexp(0, -x if y else x) for x, y in zip(logits, labels, strict=True)]
    )
    value = loss(torch.tensor(logits, dtype=torch.float64), torch.tensor(labels))
    assert value.shape == ()
    assert value.item() == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_golden_schedule(golden: Path, assert_rounding) -> None:
    with np.load(golden / "learning_rate.npz") as archive:
        rates = np.array([learning_rate(int(step)) for step in archive["step"]])
        assert_rounding(archive["value"], rates.astype(np.float32), rates, "schedule")
        # Each rate by itself too: the first are a hundredth of the largest.
        np.testing.assert_allclose(archive["value"], rates, rtol=1e-6)


@given(
    st.integers(0, 50), st.integers(1, 50), st.floats(1e-5, 1), st.floats(0, 1), st.integers(0, 200)
)
def test_the_schedule_rises_falls_and_stays(
    warmup: int, decay: int, base: float, share: float, step: int
) -> None:
    end = base * share
    rate = learning_rate(step, base, end, warmup, decay)
    if step < warmup:
        assert rate == base * (step + 1) / warmup
    elif step >= warmup + decay:
        assert rate == pytest.approx(end)
    else:
        assert end * (1 - 1e-12) <= rate <= base
        following = learning_rate(step + 1, base, end, warmup, decay)
        assert rate - following == pytest.approx((base - end) / decay, abs=1e-12 * base)


def test_the_scheduler_sets_the_rate_of_each_step() -> None:
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups: list[dict[str, Any]] = [{"params": weights[:1], "lr": 5.0}, {"params": weights[1:]}]
    optimizer = KerasAdam(groups)
    schedule: dict[str, Any] = {"base": 1e-2, "end": 1e-3, "warmup_steps": 3, "decay_steps": 4}
    scheduler = WarmupLinearDecay(optimizer, **schedule)
    for step in range(10):
        assert scheduler.get_last_lr() == [learning_rate(step, **schedule)] * 2
        assert [group["lr"] for group in optimizer.param_groups] == scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()
        if step == 4:
            states = copy.deepcopy((scheduler.state_dict(), optimizer.state_dict()))
            scheduler = WarmupLinearDecay(optimizer)
            scheduler.load_state_dict(states[0])
            optimizer.load_state_dict(states[1])


def by_formula(
    weight: np.ndarray, gradients: list[np.ndarray], eps: float, decay: float
) -> np.ndarray:
    m, v = np.zeros_like(weight), np.zeros_like(weight)
    for t, g in enumerate(gradients, 1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        step = 0.01 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (np.sqrt(v) + eps)
        weight = weight - decay * weight - step
    return weight


@pytest.mark.parametrize(
    ("rule", "eps", "decay"), [(KerasAdam, 1e-7, 0.0), (AddonsAdamW, 1e-8, 1e-4)]
)
@given(seed=st.integers(0, 99), scale=st.sampled_from([1.0, 1e-6, 1e-12]))
def test_the_rules(
    rule: type[KerasAdam], eps: float, decay: float, seed: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    start, gradients = rng.normal(size=(3, 4)), list(rng.normal(size=(5, 3, 4)) * scale)
    weight = torch.nn.Parameter(torch.from_numpy(start.copy()))
    optimizer = rule([weight], lr=0.01)
    for gradient in gradients:
        weight.grad = torch.from_numpy(gradient)
        optimizer.step()
    expected = by_formula(start, gradients, eps, decay)
    # A relative bound on the change, which at the smallest scale is far below the weight's own.
    np.testing.assert_allclose(
        weight.detach().numpy() - start, expected - start, rtol=1e-9, atol=1e-15
    )


def test_epsilon_counts_before_the_bias_is_corrected() -> None:
    """At a gradient of 1e-7 the first step differs from torch.optim.Adam's more than tenfold."""
    steps = []
    for rule in (KerasAdam, torch.optim.Adam):
        weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        weight.grad = torch.full_like(weight, 1e-7)
        rule([weight], lr=1e-3, eps=1e-7).step()
        steps.append(weight.item())
    assert steps == pytest.approx([-3.06e-5, -5.0e-4], rel=1e-2)


def test_decay_is_not_multiplied_by_the_rate_and_comes_before_the_step() -> None:
    weight = torch.nn.Parameter(torch.full((1,), 2.0, dtype=torch.float64))
    weight.grad = torch.zeros_like(weight)
    AddonsAdamW([weight], lr=1e-3, weight_decay=0.1).step()
    assert weight.item() == pytest.approx(1.8, rel=1e-15)
    weight.grad = torch.ones_like(weight)
    optimizer = AddonsAdamW([weight], lr=0.5, weight_decay=0.1, eps=0.0)
    optimizer.step()
    assert weight.item() == pytest.approx(1.8 - 0.18 - 0.5, rel=1e-12)


def test_float32_corrects_the_bias_as_keras_does() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.ones(1)
    KerasAdam([weight], lr=1.0, eps=0.0).step()
    rounded = np.sqrt(np.float32(1) - np.float32(0.999)) / (np.float32(1) - np.float32(0.9))
    assert weight.item() == pytest.approx(-0.1 * rounded / np.sqrt(0.001), rel=2e-7)


def test_bfloat16_weights_still_move() -> None:
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.bfloat16))
    weight.grad = torch.ones_like(weight)
    KerasAdam([weight], lr=1.0).step()
    assert weight.item() == pytest.approx(-1, rel=0.02)


@pytest.mark.parametrize("rule", [KerasAdam, AddonsAdamW])
def test_a_saved_state_goes_on_where_it_was(rule: type[KerasAdam]) -> None:
    ends = []
    for interrupted in (False, True):
        weight = torch.nn.Parameter(torch.ones(3))
        optimizer = rule([weight], lr=0.1)
        for step in range(6):
            weight.grad = torch.arange(3.0) - step
            optimizer.step()
            if interrupted and step == 2:
                state = copy.deepcopy(optimizer.state_dict())
                optimizer = rule([weight])
                optimizer.load_state_dict(state)
        ends.append(weight.detach().clone())
    assert torch.equal(*ends)


def test_weights_without_a_gradient_are_left_alone() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = AddonsAdamW([weight])
    assert optimizer.step(lambda: 4.5) == 4.5
    assert torch.equal(weight, torch.ones(3))


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^lr 0\.001, betas ") as refused:
        KerasAdam([torch.nn.Parameter(torch.ones(1))], betas=(0.9, 1.0))
    assert str(refused.value) == (
        "lr 0.001, betas (0.9, 1.0), eps 1e-07, weight_decay 0.0; expected betas from 0 to below "
        "1, and none of the others negative"
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rule", [KerasAdam, AddonsAdamW])
def test_torchs_kernel_and_the_rule_as_written_give_the_same_step(
    rule: type[KerasAdam], dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(1)
    start, *gradients = (torch.randn(70, 9, generator=generator, dtype=dtype) for _ in range(12))

    def stepped(transposed: bool) -> torch.Tensor:
        weight = torch.nn.Parameter(start.clone())
        # So large an epsilon that it matters where the correction goes.
        optimizer = rule([weight], lr=0.1, eps=0.3)
        for gradient in gradients:
            # The kernel is not given what lies otherwise than its weight.
            weight.grad = gradient.T.contiguous().T if transposed else gradient
            optimizer.step()
        return weight.detach()

    rounding = 40 * torch.finfo(dtype).eps
    torch.testing.assert_close(stepped(True), stepped(False), rtol=rounding, atol=rounding)
    assert not torch.allclose(stepped(False), start, rtol=0.01)
