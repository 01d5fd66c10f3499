"""The whole model, a few windows at a time."""

from typing import NamedTuple

import torch
from torch import Tensor

from pt_gmvp.fast.attention import Keys, addends, make_keys, normalize, project, tanh_logits
from pt_gmvp.fast.encodings import attended, pair_logits
from pt_gmvp.fast.evol_encoder import encode
from pt_gmvp.model import ALIGNMENT, GMVP, center_node, context_node, site_node

# Windows of which all is computed before the next, so that a core's cache holds their encodings.
# An accelerator has no use for small steps.
_WINDOWS = 16
# What the rest of the model takes; the other stages are large, and kept only for a trace.
_NEEDED = ("variant_encoding", "mha/attention", "summed")
_OF_VARIANTS = (*_NEEDED, "center", "mha/scores")


class _Slice(NamedTuple):
    """Some windows, and the variants in them: their rows, and which of these windows is theirs."""

    windows: slice
    variants: slice | Tensor
    local: Tensor | None


def trace(
    model: GMVP,
    ref_aa: Tensor,
    alt_aa: Tensor,
    feature: Tensor,
    mask: Tensor,
    window: Tensor | None = None,
    gru_masks: tuple[Tensor, Tensor] | None = None,
    every_stage: bool = True,
) -> dict[str, Tensor]:
    """Compute the stages of `model.trace`, whose arguments have been checked.

    "mha/q", "mha/k", "mha/v" and "mha/pairwise" are none of this form. Without `every_stage` the
    large ones are left out too.
    """
    order = None if window is None else window.argsort(stable=True)
    slices = _slices(feature, window, order)
    parts = [_to_attention(model, ref_aa, alt_aa, feature, mask, some) for some in slices]
    names = parts[0] if every_stage else _NEEDED
    stages = {name: torch.cat([part[name] for part in parts]) for name in names}
    if order is not None:
        back = order.argsort()
        stages = {k: stage[back] if k in _OF_VARIANTS else stage for k, stage in stages.items()}
    gathered = project(model.mha, stages["mha/attention"], stages.pop("summed"))
    joined = model.gru(stages["variant_encoding"], gathered, *(gru_masks or ()))
    logit = model.logit(joined).squeeze(-1)
    rest = {"mha": gathered, "gru": joined, "logit": logit, "probability": logit.sigmoid()}
    return {**stages, **rest}


def _slices(feature: Tensor, window: Tensor | None, order: Tensor | None) -> list[_Slice]:
    """Cut the windows into slices; `order` sorts the variants by their windows."""
    number = len(feature)
    step = _WINDOWS if feature.device.type == "cpu" else max(number, 1)
    windows = [slice(start, start + step) for start in range(0, number, step)] or [slice(0, 0)]
    if window is None or order is None:
        return [_Slice(some, some, None) for some in windows]
    if len(windows) == 1:
        return [_Slice(windows[0], order, window[order])]
    ordered = window[order]
    starts = torch.tensor([some.start for some in windows[1:]], device=window.device)
    cuts = torch.searchsorted(ordered, starts).tolist()
    bounds = zip([0, *cuts], [*cuts, len(ordered)], strict=True)
    return [
        _Slice(some, order[first:last], ordered[first:last] - some.start)
        for some, (first, last) in zip(windows, bounds, strict=True)
    ]


def _to_attention(
    model: GMVP, ref_aa: Tensor, alt_aa: Tensor, feature: Tensor, mask: Tensor, some: _Slice
) -> dict[str, Tensor]:
    """Run a slice as far as the sums that the attention makes; what comes after is small."""
    rows = slice(None) if some.local is None else some.local
    feature = feature[some.windows].to(model.logit.weight.dtype)
    frequencies, pairwise = encode(model.evol_encoder, feature[..., ALIGNMENT])
    assert pairwise is not None
    context = context_node(frequencies, feature)
    residues = ref_aa[some.variants], alt_aa[some.variants]
    center = center_node(*residues, site_node(frequencies, feature)[rows])
    variant = model.variant_encoding(center).relu_()
    keys = make_keys(model.mha, variant)
    at_pairs, pairs = _pair_logits(model, keys, pairwise)
    left_out = mask[some.windows][rows]

    def finish(logits: Tensor, at_pairs: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        return normalize(model.mha, logits + at_pairs[rows], left_out, *rest)

    scores, attention, summed, neighbors = attended(
        model.neighbor_encoding, context, keys.of_context, some.local, finish,
        at_pairs, *addends(model.mha, keys)
    )
    return {
        "evol_encoder/frequencies": frequencies,
        "evol_encoder/pairwise": pairwise,
        "context": context,
        "center": center,
        "variant_encoding": variant,
        "neighbor_encoding": neighbors,
        "pairwise_encoding": pairs,
        "mha/scores": scores,
        "mha/attention": attention,
        "summed": summed,
    }


def _pair_logits(model: GMVP, keys: Keys, pairwise: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (W, H, L) by the pairs, and their encodings (W, L, F)."""
    layer = model.pairwise_encoding
    # Whatever is counted is mostly zero, but to see where, an accelerator would have to be asked.
    counted = model.evol_encoder.pairwise_type != "inv_cov" and pairwise.device.type == "cpu"
    if counted and keys.of_pairs is not None:
        return pair_logits(layer, pairwise, keys.of_pairs)
    encoded = layer(pairwise).relu_()
    if keys.of_pairs is None:
        return tanh_logits(model.mha, encoded), encoded
    return keys.of_pairs @ encoded.mT, encoded
