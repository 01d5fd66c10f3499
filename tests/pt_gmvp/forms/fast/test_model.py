"""The fast form is the plain one: values and gradients in float64, whatever it is given."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.config import ModelConfig
from pt_gmvp.data import Batch
from pt_gmvp.forms.fast import model as fast_model
from pt_gmvp.model import GMVP, ArgumentError
from pt_gmvp.optim import loss
from pt_gmvp.residues import ResidueCodeError

SCORES = ("add", "nn", "dot")
# Of the alphabet, the gap, beyond it, between two and what truncates to 0 from below.
CODES = np.array([*range(21), 20, 21, 25, 3.75, 19.5, 20.75, -0.5, -0.0, 1e20])
PROJECTIONS = {"mha/q", "mha/k", "mha/v", "mha/pairwise"}


def drawn(seed: int, windows: int, states: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Feature and mask of windows that have at most so many states at a position."""
    random = np.random.default_rng(seed)
    feature = random.uniform(-1, 1, (windows, 129, 435))
    feature[..., 0] = random.choice(CODES, (windows, 129))
    choice = random.choice(CODES, (windows, 129, states))
    picked = random.integers(0, states, (windows, 129, 200))
    feature[..., 21:221] = np.take_along_axis(choice, picked, 2)
    mask = (random.random((windows, 129)) < random.random((windows, 1))).astype(float)
    mask[random.random(windows) < 0.2] = 1
    return torch.from_numpy(feature), torch.from_numpy(mask)


def results(
    model: GMVP,
    form: str,
    ref_aa: torch.Tensor,
    alt_aa: torch.Tensor,
    feature: torch.Tensor,
    mask: torch.Tensor,
    window: torch.Tensor | None = None,
    *,
    gru_masks: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> dict[str, torch.Tensor]:
    """All intermediates, the loss and every gradient: of weights, the feature and the mask."""
    model.form = form
    model.zero_grad()
    feature, mask = feature.detach().requires_grad_(), mask.detach().requires_grad_()
    arguments = ref_aa, alt_aa, feature, mask, window, gru_masks
    intermediates = model.trace(*arguments)
    labels = torch.arange(len(intermediates["logit"])) % 2
    intermediates["loss"] = loss(intermediates["logit"], labels)
    intermediates["loss"].backward()
    assert torch.equal(model(*arguments), intermediates["logit"])
    gradients = {f"grad/{name}": weight.grad for name, weight in model.named_parameters()}
    inputs = {"grad/feature": feature.grad, "grad/mask": mask.grad}
    return {**intermediates, **gradients, **inputs}


def assert_same(fast: dict[str, torch.Tensor], plain: dict[str, torch.Tensor]) -> None:
    assert set(plain) - set(fast) == PROJECTIONS
    for name, value in fast.items():
        scale = float(plain[name].detach().abs().max())
        # Gradients that a softmax cannot tell are sums that cancel to zero.
        floor = 1e-10 * scale + 1e-14
        assert (value - plain[name]).abs().max() <= floor, name


@pytest.mark.slow
@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    score=st.sampled_from(SCORES),
    pairwise=st.sampled_from(["fre", "cov"]),
    weighting=st.sampled_from(["spe", "none"]),
    norm=st.sampled_from(["released", "paper"]),
    heads=st.sampled_from([(6, 8, 2), (7, 9, 3), (5, 4, 1)]),
    windows=st.integers(1, 5),
    shared=st.integers(0, 7),
    states=st.sampled_from([1, 2, 7, 40]),
    dropped=st.booleans(),
)
def test_it_is_the_plain_form(
    small: Callable[..., GMVP],
    seed: int,
    score: str,
    pairwise: str,
    weighting: str,
    norm: str,
    heads: tuple[int, int, int],
    windows: int,
    shared: int,
    states: int,
    dropped: bool,
) -> None:
    """With windows shared if `shared` variants have them; few windows a slice, so of several."""
    options: dict[str, object] = dict(zip(("d_fc", "d_model", "num_heads"), heads, strict=True))
    options |= {"attn_score_type": score, "pairwise_type": pairwise, "pairwise_norm": norm}
    model = small(seed, weighting_schema=weighting, **options)
    random = torch.Generator().manual_seed(seed)
    batch = shared or windows
    arguments = [
        *(torch.randint(0, 23, (batch,), generator=random) for _ in range(2)),
        *drawn(seed, windows, states),
        torch.randint(0, windows, (batch,), generator=random) if shared else None,
    ]
    masks = None
    if dropped:
        drop = torch.rand(3, batch, heads[0] + heads[1], generator=random, dtype=torch.float64)
        update, rest = (drop < 0.6).double().split(heads[:2], -1)
        masks = update, rest
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_model, "_WINDOWS", 2)
        fast, plain = (results(model, f, *arguments, gru_masks=masks) for f in ("fast", "plain"))
    assert_same(fast, plain)


@pytest.mark.parametrize("weighting", ["spe", "none"])
def test_it_is_the_plain_form_with_an_inverse(
    weighting: str, small: Callable[..., GMVP], batch: Batch
) -> None:
    model = small(pairwise_type="inv_cov", weighting_schema=weighting).double()
    arguments = [part[:1] for part in batch.inputs[:4]]
    assert_same(results(model, "fast", *arguments), results(model, "plain", *arguments))


@pytest.mark.parametrize("windows", [15, 16, 17, 33])
def test_slices_of_any_number_of_windows(windows: int, small: Callable[..., GMVP]) -> None:
    model = small()
    codes = torch.arange(windows) % 20
    arguments = [codes, codes.flip(0), *drawn(windows, windows, 4)]
    assert_same(results(model, "fast", *arguments), results(model, "plain", *arguments))


def test_windows_of_no_variant_and_variants_out_of_order(small: Callable[..., GMVP]) -> None:
    model = small()
    window = torch.tensor([39, 0, 39, 5, 17, 39, 0])
    codes = torch.arange(7)
    arguments = [codes, codes.flip(0), *drawn(1, 40, 6), window]
    assert_same(results(model, "fast", *arguments), results(model, "plain", *arguments))


def test_the_form_is_no_part_of_a_models_weights_or_configuration(small: Callable[..., GMVP]):
    plain, fast = (
        GMVP(ModelConfig(d_fc=8, d_model=8)),
        GMVP(ModelConfig(d_fc=8, d_model=8), form="fast"),
    )
    assert plain.form == "plain"
    assert fast.state_dict().keys() == plain.state_dict().keys()
    assert fast.config == plain.config


def test_another_form_is_refused() -> None:
    with pytest.raises(ArgumentError) as refused:
        GMVP(ModelConfig(d_fc=8, d_model=8)).form = "quick"
    assert str(refused.value) == "form is 'quick'; allowed: plain, fast"


def test_it_runs_without_gradients(small: Callable[..., GMVP], batch: Batch) -> None:
    model = small()
    plain = model(*batch.inputs)
    model.form = "fast"
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            found = model(*batch.inputs)
        assert not found.requires_grad
        torch.testing.assert_close(found, plain.detach(), rtol=1e-11, atol=1e-12)


def test_it_refuses_what_the_plain_form_does(small: Callable[..., GMVP], batch: Batch) -> None:
    model = small()
    model.form = "fast"
    with pytest.raises(ArgumentError):
        model(batch.ref_aa, batch.alt_aa, batch.feature[:, :5], batch.mask)
    with pytest.raises(ResidueCodeError):
        model(batch.ref_aa - 40, batch.alt_aa, batch.feature, batch.mask)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("pairwise", ["fre", "cov", "inv_cov"])
def test_everything_is_made_on_the_device_of_its_arguments(
    pairwise: str, score: str, small: Callable[..., GMVP], batch: Batch
) -> None:
    """The meta device refuses to meet a tensor of another, as an accelerator does."""
    model = small(pairwise_type=pairwise, attn_score_type=score).to("meta").train()
    model.form, model.validate = "fast", False
    logits = model(*batch.to("meta").inputs)
    assert (logits.device.type, logits.shape, logits.dtype) == ("meta", (10,), torch.float64)
    logits.sum().backward()
    window = torch.zeros(10, dtype=torch.int64, device="meta")
    assert model(*batch.to("meta").inputs[:4], window).shape == (10,)


def test_half_precision_of_the_weights_is_that_of_the_result(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    model = small().bfloat16()
    plain = model(*batch.inputs)
    model.form = "fast"
    fast = model(*batch.inputs)
    assert fast.dtype == plain.dtype == torch.bfloat16
    torch.testing.assert_close(fast, plain, rtol=0.1, atol=0.1)
