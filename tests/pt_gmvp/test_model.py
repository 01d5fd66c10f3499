from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.config import ConfigError, ModelConfig
from pt_gmvp.data import Batch
from pt_gmvp.model import GMVP, ArgumentError
from pt_gmvp.optim import loss
from pt_gmvp.residues import ResidueCodeError

# Intermediates of which the golden files keep every 16th window position.
SPARSE = {"evol_encoder/pairwise", "neighbor_encoding", "pairwise_encoding"}
STAGES = {
    "evol_encoder/frequencies": (10, 129, 21),
    "evol_encoder/pairwise": (10, 129, 442),
    "context": (10, 129, 73),
    "center": (10, 91),
    "variant_encoding": (10, 6),
    "neighbor_encoding": (10, 129, 6),
    "pairwise_encoding": (10, 129, 6),
    "mha/q": (10, 2, 1, 4),
    "mha/k": (10, 2, 130, 4),
    "mha/v": (10, 2, 130, 4),
    "mha/pairwise": (10, 2, 130, 4),
    "mha/scores": (10, 2, 130),
    "mha/attention": (10, 2, 130),
    "mha": (10, 8),
    "gru": (10, 8),
    "logit": (10,),
    "probability": (10,),
}


def golden_run(case, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """Our intermediates, loss and gradients, under the names of the golden files."""
    model = case.model(dtype)
    intermediates = model.trace(*case.batch.inputs)
    value = loss(intermediates["logit"], case.batch.label)
    value.backward()
    found = {
        f"out/{name}": (intermediate[:, ::16] if name in SPARSE else intermediate).detach().numpy()
        for name, intermediate in intermediates.items()
    }
    found["out/loss"] = value.detach().numpy()
    gradients = {name: weight.grad for name, weight in model.named_parameters()}
    for name, gradient in case.canonical(gradients).items():
        found[f"grad/{name}"] = gradient
        norm = np.linalg.norm(gradient.ravel().astype(np.float64))
        found[f"gradnorm/{name}"] = norm.astype(gradient.dtype)
    return found


# Sums over positions that all but cancel, where ours come out ten times nearer to float64 than the
# original's: 6e-12 against 1.1e-10, 9e-12 against 1.05e-10.
MORE_EXACT = {
    ("model_dot_cov_spe", "grad/mha/agg_pairwise"),
    ("model_dot_cov_spe", "grad/mha/wk/bias"),
}


def test_golden_intermediates_loss_and_gradients(
    case, assert_rounding: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours32, ours64 = golden_run(case, torch.float32), golden_run(case, torch.float64)
    monkeypatch.setattr("pt_gmvp.attention._centered", lambda scores, kept: scores)
    bare32 = golden_run(case, torch.float32)
    names = [name for name in case.archive if not name.startswith("train/")]
    weights = len(case.model(torch.float32).state_dict())
    # A GRU's two biases are one array to Keras.
    assert len(names) == 12 + weights - 1
    for name in names:
        expected, exact, title = case.archive[name], ours64[name], f"{case.name} {name}"
        try:
            assert_rounding(expected, ours32[name], exact, title)
        except AssertionError as fault:
            # The original has the rounding of a bare softmax in these sums, ours has not. What
            # shows its size then is a bare softmax of ours.
            if ": logic: " not in str(fault) or (case.name, name) not in MORE_EXACT:
                raise
            assert_rounding(expected, bare32[name], exact, title)


def test_intermediates_come_in_order_with_their_shapes(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    intermediates = small().trace(*batch.inputs)
    assert {
        name: tuple(intermediate.shape) for name, intermediate in intermediates.items()
    } == STAGES
    assert list(intermediates) == list(STAGES)


def test_trace_is_forward_and_a_second_call_is_the_first(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    model = small()
    logits = model(*batch.inputs)
    assert torch.equal(logits, model.trace(*batch.inputs)["logit"])
    assert torch.equal(logits, model(*batch.inputs))


@pytest.mark.slow
@settings(max_examples=15)
@given(rows=st.lists(st.integers(0, 9), min_size=1, max_size=4), seed=st.integers(0, 9))
def test_a_variants_logit_does_not_depend_on_its_batch(
    rows: list[int], seed: int, small: Callable[..., GMVP], batch: Batch
) -> None:
    model = small(seed)
    every = model(*batch.inputs)
    some = model(*(part[rows] for part in batch.inputs[:4]))
    assert some.shape == (len(rows),)
    torch.testing.assert_close(some, every[rows], rtol=1e-11, atol=1e-12)


@pytest.mark.slow
@settings(max_examples=15)
@given(seed=st.integers(0, 99))
def test_masked_positions_do_not_change_the_logits(
    seed: int, small: Callable[..., GMVP], batch: Batch
) -> None:
    model, generator = small(seed), torch.Generator().manual_seed(seed)
    mask = batch.mask.clone()
    mask[torch.rand(mask.shape, generator=generator) < 0.5] = 1
    feature = batch.feature.clone()
    hidden = mask.bool()
    hidden[:, 64] = (
        False  # the centre is masked as a neighbour, yet is the variant's own description
    )
    feature[hidden] = torch.rand(int(hidden.sum()), 435, generator=generator) * 20
    arguments = batch.ref_aa, batch.alt_aa
    torch.testing.assert_close(
        model(*arguments, feature, mask), model(*arguments, batch.feature, mask)
    )


def test_the_context_sees_variant_counts_and_the_centre_does_not(
    small: Callable[..., GMVP], batch: Batch
) -> None:
    model = small()
    feature = batch.feature.clone()
    feature[:, 64, 431:433] += 1
    before, after = (
        model.trace(batch.ref_aa, batch.alt_aa, f, batch.mask) for f in (batch.feature, feature)
    )
    assert not torch.equal(before["context"], after["context"])
    assert torch.equal(before["center"], after["center"])
    torch.testing.assert_close(before["logit"], after["logit"])


def test_shared_windows_score_as_their_copies_do(small: Callable[..., GMVP], batch: Batch) -> None:
    model, window = small(), torch.tensor([3, 3, 0, 9, 3])
    ref_aa, alt_aa = torch.tensor([0, 1, 2, 3, 20]), torch.tensor([4, 5, 6, 7, 8])
    shared = model(ref_aa, alt_aa, batch.feature, batch.mask, window)
    copies = model(ref_aa, alt_aa, batch.feature[window], batch.mask[window])
    torch.testing.assert_close(shared, copies, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("score", ["add", "nn", "dot"])
@pytest.mark.parametrize("pairwise_norm", ["released", "paper"])
@pytest.mark.parametrize("pairwise_type", ["fre", "cov"])
def test_float32_and_float64_agree(
    score: str, pairwise_norm: str, pairwise_type: str, small: Callable[..., GMVP], batch: Batch
) -> None:
    model = small(attn_score_type=score, pairwise_norm=pairwise_norm, pairwise_type=pairwise_type)
    exact = model(*batch.inputs)
    rounded = model.float()(*batch.inputs)
    assert (exact.dtype, rounded.dtype) == (torch.float64, torch.float32)
    # The values on the way are of the order of 10 and some hundred terms are summed.
    torch.testing.assert_close(rounded.double(), exact, rtol=0, atol=2e-5)


def test_inv_cov_makes_a_whole_model(small: Callable[..., GMVP], batch: Batch) -> None:
    model = small(pairwise_type="inv_cov")
    assert model(*(part[:1] for part in batch.inputs[:4])).isfinite().all()


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("pairwise_type", ["fre", "cov", "inv_cov"])
def test_everything_is_made_on_the_device_of_its_arguments(
    pairwise_type: str, mode: bool, small: Callable[..., GMVP], batch: Batch
) -> None:
    """The meta device refuses to meet a tensor of another, as an accelerator does."""
    model = small(pairwise_type=pairwise_type).to("meta").train(mode)
    model.validate = False
    logits = model(*batch.to("meta").inputs)
    assert (logits.device.type, logits.shape, logits.dtype) == ("meta", (10,), torch.float64)
    logits.sum().backward()


def test_gru_masks_reach_the_cell(small: Callable[..., GMVP], batch: Batch) -> None:
    model = small()
    ones = torch.ones(3, 10, 6).double(), torch.ones(3, 10, 8).double()
    plain = model(*batch.inputs)
    torch.testing.assert_close(model(*batch.inputs, gru_masks=ones), plain)
    dropped = model(*batch.inputs, gru_masks=(ones[0] * 0, ones[1]))
    assert not torch.allclose(dropped, plain)


@pytest.mark.parametrize("pairwise_type", ["none", "cov_all"])
def test_pairwise_types_that_no_whole_model_can_have(pairwise_type: str) -> None:
    with pytest.raises(ConfigError) as refused:
        GMVP(ModelConfig(pairwise_type=pairwise_type))
    assert str(refused.value) == (
        f"pairwise_type is '{pairwise_type}', which is only available in a separate EvolEncoder; "
        "allowed in a whole model: fre, cov, inv_cov"
    )


@pytest.mark.parametrize(
    ("argument", "shape", "message"),
    [
        ("feature", (10, 129, 434), "feature has shape (10, 129, 434); expected (B, 129, 435)"),
        ("feature", (129, 435), "feature has shape (129, 435); expected (B, 129, 435)"),
        ("feature", (), "feature has shape (); expected (B, 129, 435)"),
        ("mask", (10, 1), "mask has shape (10, 1); expected (10, 129) to match feature"),
        ("ref_aa", (1,), "ref_aa has shape (1,); expected (10,) to match feature"),
        ("ref_aa", (), "ref_aa has shape (); expected (10,) to match feature"),
        ("alt_aa", (10, 1), "alt_aa has shape (10, 1); expected (10,) to match ref_aa"),
        ("window", (9,), "window has shape (9,); expected (10,) to match ref_aa"),
    ],
)
def test_wrong_shapes_are_named(
    argument: str, shape: tuple[int, ...], message: str, small, batch: Batch
) -> None:
    arguments = batch._asdict() | {argument: torch.zeros(shape, dtype=torch.int64)}
    del arguments["var_id"], arguments["label"]
    with pytest.raises(ArgumentError) as refused:
        small()(**arguments)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("argument", "place", "value", "message"),
    [
        ("ref_aa", 2, -1, "ref_aa[2]: residue code -1 at batch row 2; "),
        ("alt_aa", 0, -3, "alt_aa[0]: residue code -3 at batch row 0; "),
        (
            "feature",
            (1, 5, 0),
            float("nan"),
            "feature[1, 5, 0]: residue code nan at batch row 1, window position 5, column 0; ",
        ),
        (
            "feature",
            (9, 128, 220),
            -2.5,
            "feature[9, 128, 220]: residue code -2.5 at batch row 9, window position 128, "
            "column 220; ",
        ),
    ],
)
def test_bad_residue_codes_are_named_unless_told_not_to(
    argument: str, place, value: float, message: str, small, batch: Batch
) -> None:
    part = getattr(batch, argument).clone()
    part[place] = value
    inputs = batch._replace(**{argument: part}).inputs
    model = small()
    with pytest.raises(ResidueCodeError) as refused:
        model(*inputs)
    assert str(refused.value) == message + (
        "expected 0 to 20 (0 to 19 amino acids, 20 gap or unknown); validate=False skips this check"
    )
    model.validate = False
    assert model(*inputs).isfinite().all()


def test_unknown_residues_are_no_error(small: Callable[..., GMVP], batch: Batch) -> None:
    inputs = batch._replace(alt_aa=torch.full((10,), 20), ref_aa=torch.full((10,), 700)).inputs
    assert not small().trace(*inputs)["center"][:, :40].any()
