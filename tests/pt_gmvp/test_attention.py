import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.attention import MultiHeadAttention
from pt_gmvp.config import ConfigError

SCORES = ("add", "nn", "dot")
STAGES = ["q", "k", "v", "pairwise", "scores", "attention", "mha"]


def layer(score: str, seed: int = 0, window: int = 5) -> MultiHeadAttention:
    generator = torch.Generator().manual_seed(seed)
    made = MultiHeadAttention(6, 8, 2, score, window).double()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return made


def arguments(batch: int = 3, seed: int = 0, window: int = 5) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    query, context, pairwise = (
        torch.randn(batch, rows, 6, generator=generator, dtype=torch.float64)
        for rows in (1, window, window)
    )
    mask = (torch.rand(batch, window, generator=generator) < 0.4).double()
    return [query, context, pairwise, mask]


def by_definition(made: MultiHeadAttention, row: list[np.ndarray]) -> np.ndarray:
    """The layer's output for one query, head by head and position by position."""
    w = {name: value.detach().numpy() for name, value in made.state_dict().items()}
    query, context, pairwise, mask = row

    def project(name: str, x: np.ndarray) -> np.ndarray:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    q = project("wq", query)[0]
    k = np.vstack([project("wk", context), w["bias_k"][0]])
    v = np.vstack([project("wv", context), w["bias_v"][0]])
    p = np.vstack([project("w_pairwise", pairwise), w["bias_pairwise"][0]])
    bias = np.append(w["position_bias"], w["bias_position_bias"])
    heads = []
    for head in range(2):
        cut = slice(4 * head, 4 * head + 4)
        scores = []
        for position in range(len(k)):
            a, b, c = q[cut], k[position, cut], p[position, cut]
            if made.attn_score_type == "dot":
                score = a @ b + w["agg_pairwise"][0, head, 0] @ np.tanh(c)
            else:
                joined = np.concatenate([a, b, c]) if made.attn_score_type == "nn" else a + b + c
                score = w["agg_v"][0, head, 0] @ joined
                score = score if score > 0 else 0.2 * score
            scores.append(
                score / math.sqrt(4) + bias[position] - 1e12 * np.append(mask, 0)[position]
            )
        weights = np.exp(np.array(scores) - max(scores))
        heads.append(weights / weights.sum() @ v[:, cut])
    return project("out_proj", np.concatenate(heads))


@pytest.mark.parametrize("score", SCORES)
def test_it_computes_its_definition(score: str) -> None:
    made, given_ = layer(score), arguments()
    output = made(*given_).detach().numpy()
    for row in range(3):
        expected = by_definition(made, [argument[row].numpy() for argument in given_])
        np.testing.assert_allclose(output[row], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_intermediates_have_their_names_and_shapes(score: str) -> None:
    made, given_ = layer(score), arguments()
    intermediates = made.trace(*given_)
    assert list(intermediates) == STAGES
    assert {name: tuple(intermediate.shape) for name, intermediate in intermediates.items()} == {
        "q": (3, 2, 1, 4),
        "k": (3, 2, 6, 4),
        "v": (3, 2, 6, 4),
        "pairwise": (3, 2, 6, 4),
        "scores": (3, 2, 6),
        "attention": (3, 2, 6),
        "mha": (3, 8),
    }
    assert torch.equal(intermediates["mha"], made(*given_))
    torch.testing.assert_close(intermediates["attention"].sum(-1), torch.ones(3, 2).double())


@pytest.mark.parametrize("score", SCORES)
def test_where_all_is_masked_the_extra_slot_takes_it_all(score: str) -> None:
    made, given_ = layer(score), arguments()
    given_[3] = torch.ones(3, 5).double()
    intermediates = made.trace(*given_)
    expected = torch.zeros(3, 2, 6).double()
    expected[..., -1] = 1
    assert torch.equal(intermediates["attention"], expected)
    torch.testing.assert_close(intermediates["mha"], made.out_proj(made.bias_v[0]).expand(3, -1))


@settings(max_examples=25)
@given(st.sampled_from(SCORES), st.integers(0, 99), st.floats(-1e3, 1e3))
def test_masked_positions_have_no_part_in_values_or_gradients(
    score: str, seed: int, disturbance: float
) -> None:
    made, given_ = layer(score), arguments(seed=seed)
    masked = given_[3].bool()
    other = [argument.clone() for argument in given_]
    other[1][masked] += disturbance
    other[2][masked] -= disturbance
    other[1].requires_grad_()
    output = made(*other)
    torch.testing.assert_close(output, made(*given_), rtol=1e-12, atol=1e-12)
    output.square().sum().backward()
    assert not other[1].grad[masked].any()


@pytest.mark.parametrize("score", SCORES)
def test_the_gradients_of_the_scores_sum_to_zero(score: str) -> None:
    """In float32 too, where those of a bare softmax miss it by its own rounding."""
    made = layer(score).float()
    given_ = [argument.float() for argument in arguments()]
    intermediates = made.trace(*given_)
    (gradient,) = torch.autograd.grad(intermediates["mha"].sum(), intermediates["scores"])
    # A handful of roundings of the largest, whatever the size of the values attended to.
    bound = 4 * torch.finfo(torch.float32).eps * gradient.abs().max()
    assert gradient.double().sum(-1).abs().max() <= bound


def test_heads_and_slot_have_the_weights_they_are_listed_with() -> None:
    shapes = {name: tuple(value.shape) for name, value in layer("nn").state_dict().items()}
    dense = {
        f"{name}.{part}": shape
        for name, inputs in (("wq", 6), ("wk", 6), ("wv", 6), ("out_proj", 8), ("w_pairwise", 6))
        for part, shape in (("weight", (8, inputs)), ("bias", (8,)))
    }
    assert shapes == {
        "position_bias": (1, 1, 1, 5),
        "agg_v": (1, 2, 1, 12),
        "bias_k": (1, 1, 8),
        "bias_v": (1, 1, 8),
        "bias_position_bias": (1, 1, 1, 1),
        "bias_pairwise": (1, 1, 8),
        **dense,
    }
    assert layer("add").agg_v.shape == layer("dot").agg_pairwise.shape == (1, 2, 1, 4)
    assert not hasattr(layer("dot"), "agg_v")


@pytest.mark.parametrize(
    ("heads", "score", "message"),
    [
        (2, "sum", "attn_score_type is 'sum'; allowed: add, nn, dot"),
        (3, "add", "d_model is 8, which is not a multiple of num_heads 3"),
    ],
)
def test_what_is_refused(heads: int, score: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        MultiHeadAttention(6, 8, heads, score)
    assert str(refused.value) == message
