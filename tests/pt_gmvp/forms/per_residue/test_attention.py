"""All substitutions of residues at once are what the layer makes of each alone."""

import pytest
import torch

from pt_gmvp.attention import MultiHeadAttention
from pt_gmvp.forms.per_residue.attention import Additive, Dot, Gathering, windows_of

RESIDUES, WIDTH, HEADS, DEPTH = 3, 5, 2, 4


def drawn(score: str) -> tuple[MultiHeadAttention, dict[str, torch.Tensor]]:
    """A layer, and encodings of substitutions, of positions, and of pairs."""
    generator = torch.Generator().manual_seed(11)

    def make(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    layer = MultiHeadAttention(WIDTH, HEADS * DEPTH, HEADS, score).double().requires_grad_(False)
    for parameter in layer.parameters():
        parameter.copy_(make(*parameter.shape))
    return layer, {
        "variants": make(RESIDUES, 20, WIDTH),
        "neighbors": make(RESIDUES + 128, WIDTH),
        "pairs": make(RESIDUES, 129, WIDTH),
        "left_out": make(RESIDUES, 129) > 0.5,
    }


def traced(layer: MultiHeadAttention, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Intermediates of the layer, with a window for each substitution."""
    window = torch.arange(RESIDUES).repeat_interleave(20)
    context = given["neighbors"].unfold(0, 129, 1).mT
    return layer.trace(
        given["variants"].flatten(0, 1)[:, None],
        context[window],
        given["pairs"][window],
        given["left_out"][window].double(),
    )


def logits_of(attention: Additive | Dot, given: dict[str, torch.Tensor]) -> torch.Tensor:
    keys = attention.keys(given["neighbors"]).unfold(0, 129, 1).mT
    pairs = attention.of_pairs(given["pairs"].flatten(0, 1)).view(RESIDUES, 129, HEADS).mT
    return attention.logits(given["variants"], keys, pairs)


@pytest.mark.parametrize("score", ["add", "nn", "dot"])
def test_logits_and_what_is_gathered_are_the_layers(score: str) -> None:
    layer, given = drawn(score)
    logits = logits_of((Dot if score == "dot" else Additive).of(layer), given)
    expected = traced(layer, given)
    assert logits.shape == (RESIDUES, HEADS, 20, 130)
    of_layer = (expected["scores"] - layer.biases()).view(RESIDUES, 20, HEADS, 130)
    torch.testing.assert_close(logits, of_layer.transpose(1, 2), rtol=1e-10, atol=1e-12)
    gathering = Gathering.of(layer)
    into = torch.full((RESIDUES * 20, HEADS * DEPTH), torch.nan, dtype=torch.float64)
    attention = gathering.attend(logits, given["left_out"])
    values = windows_of(gathering.values(given["neighbors"]), RESIDUES)
    gathering.mix(gathering.sum_values(attention, values), into)
    torch.testing.assert_close(into, expected["mha"], rtol=1e-10, atol=1e-12)
    # The sums of encodings, projected, are the sums of values; so are copies of windows.
    for windows in (values, values.contiguous()):
        found = gathering.mix(gathering.sum_values(attention, windows))
        torch.testing.assert_close(found, into, rtol=1e-12, atol=1e-12)
    encodings = windows_of(given["neighbors"], RESIDUES)
    found = gathering.mix(gathering.sum_encodings(attention, encodings))
    torch.testing.assert_close(found, into, rtol=1e-10, atol=1e-12)


def test_where_all_is_left_out_only_the_slot_is_gathered() -> None:
    layer, given = drawn("add")
    gathering = Gathering.of(layer)
    logits = logits_of(Additive.of(layer), given)
    attention = gathering.attend(logits, torch.ones(RESIDUES, 129, dtype=torch.bool))
    slot = layer.out_proj(layer.bias_v[0]).expand(RESIDUES * 20, -1)
    values = windows_of(gathering.values(given["neighbors"]), RESIDUES)
    torch.testing.assert_close(gathering.mix(gathering.sum_values(attention, values)), slot)
    encodings = windows_of(given["neighbors"], RESIDUES)
    torch.testing.assert_close(gathering.mix(gathering.sum_encodings(attention, encodings)), slot)
