"""The whole model, a few windows at a time."""

from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor

from converters.columns import ALIGNMENT, SPECIES
from pt_gmvp.forms.fast.attention import (
    Folded,
    addends,
    fold,
    make_keys,
    normalize,
    pair_logits,
    project,
)
from pt_gmvp.forms.fast.counting import present, states
from pt_gmvp.forms.fast.encodings import attended
from pt_gmvp.forms.fast.evol_encoder import COUNTED, count, invert
from pt_gmvp.forms.fast.pair_encoding import encode_pairs, pair_kernel
from pt_gmvp.forms.fast.side_by_side import side_by_side
from pt_gmvp.model import CONTEXT_FREQUENCIES, GMVP, center_node, context_node, site_node

# Windows to compute completely before the next, so that a core's cache holds most of their data. An
# accelerator gains nothing from small steps.
_WINDOWS = 16
# Inputs of the rest of the model; the other intermediates are large, and only a trace keeps them.
_NEEDED = ("variant_encoding", "mha/attention", "summed")
_OF_VARIANTS = (*_NEEDED, "center", "mha/scores")


class _Slice(NamedTuple):
    """Some windows and the variants in them, by number, and the window of each variant.

    `local` is None if each window has one variant, in order.
    """

    windows: Tensor
    variants: Tensor
    local: Tensor | None


class _Shared(NamedTuple):
    """Values computed from the weights that all slices share."""

    kernel: Tensor
    folded: Folded


def trace(
    model: GMVP,
    ref_aa: Tensor,
    alt_aa: Tensor,
    feature: Tensor,
    mask: Tensor,
    window: Tensor | None = None,
    gru_masks: tuple[Tensor, Tensor] | None = None,
    every_intermediate: bool = True,
) -> dict[str, Tensor]:
    """Compute the intermediates of `model.trace`, whose arguments have been checked.

    This form has no "mha/q", "mha/k", "mha/v" and "mha/pairwise". Without `every_intermediate` the
    large ones are omitted too.
    """
    slices = _slices(feature, window)
    folded = fold(model.mha)

    def run(
        some: _Slice, feature: Tensor, mask: Tensor, kernel: Tensor, *flat: Tensor
    ) -> dict[str, Tensor]:
        shared = _Shared(kernel, tuple(zip(flat[::2], flat[1::2], strict=True)))
        return _to_attention(model, shared, ref_aa, alt_aa, feature, mask, some, every_intermediate)

    given = feature, mask, pair_kernel(model.pairwise_encoding), *chain.from_iterable(folded)
    if len(slices) == 1:
        parts = [run(slices[0], *given)]
    else:
        parts = side_by_side(run, slices, given, model.parameters())
    variants = torch.cat([some.variants for some in slices]).argsort()
    windows = torch.cat([some.windows for some in slices]).argsort()
    intermediates = {
        name: torch.cat([part[name] for part in parts])[
            variants if name in _OF_VARIANTS else windows
        ]
        for name in parts[0]
    }
    gathered = project(model.mha, intermediates["mha/attention"], intermediates.pop("summed"))
    joined = model.gru(intermediates["variant_encoding"], gathered, *(gru_masks or ()))
    logit = model.logit(joined).squeeze(-1)
    rest = {"mha": gathered, "gru": joined, "logit": logit, "probability": logit.sigmoid()}
    return {**intermediates, **rest}


def _slices(feature: Tensor, window: Tensor | None) -> list[_Slice]:
    """Cut the windows into slices with about the same number of states at the centre."""
    if feature.device.type != "cpu" or len(feature) <= _WINDOWS:
        every = torch.arange(len(feature), device=feature.device)
        if window is None:
            return [_Slice(every, every, None)]
        return [_Slice(every, torch.arange(len(window), device=window.device), window)]
    center = feature[:, feature.shape[1] // 2, ALIGNMENT][:, :SPECIES]
    order = present(states(center)).sum(1).argsort(stable=True)
    windows = torch.split(order, _WINDOWS)
    if window is None:
        return [_Slice(some, some, None) for some in windows]
    places = order.argsort()[window]
    variants = places.argsort(stable=True)
    starts = torch.arange(0, len(order), _WINDOWS)
    bounds = torch.searchsorted(places[variants], starts[1:])
    parts = torch.tensor_split(variants, bounds)
    return [
        _Slice(some, rows, places[rows] - start)
        for some, rows, start in zip(windows, parts, starts.tolist(), strict=True)
    ]


def _to_attention(
    model: GMVP,
    shared: _Shared,
    ref_aa: Tensor,
    alt_aa: Tensor,
    feature: Tensor,
    mask: Tensor,
    some: _Slice,
    every_intermediate: bool,
) -> dict[str, Tensor]:
    """Run a slice as far as the sums by attention; what comes after is small."""
    rows = slice(None) if some.local is None else some.local
    feature = feature.index_select(0, some.windows).to(model.logit.weight.dtype)
    frequencies, pairwise, pairs = _pairs(
        model, shared, feature[..., ALIGNMENT], every_intermediate
    )
    context = context_node(frequencies, feature)
    residues = ref_aa[some.variants], alt_aa[some.variants]
    center = center_node(*residues, site_node(frequencies, feature)[rows])
    variant = model.variant_encoding(center).relu_()
    keys = make_keys(model.mha, shared.folded, variant)
    left_out = mask[some.windows][rows]
    # All columns except the frequencies are data.
    learnt = None if feature.requires_grad else CONTEXT_FREQUENCIES

    def finish(logits: Tensor, at_pairs: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        return normalize(model.mha, logits + at_pairs[rows], *rest)

    scores, attention, summed, neighbors = attended(
        model.neighbor_encoding,
        context,
        learnt,
        keys.of_context,
        some.local,
        finish,
        pair_logits(model.mha, keys, pairs),
        left_out,
        *addends(model.mha, keys),
    )
    intermediates = {
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
    return {
        name: intermediate
        for name, intermediate in intermediates.items()
        if intermediate is not None and (every_intermediate or name in _NEEDED)
    }


def _pairs(
    model: GMVP, shared: _Shared, alignment: Tensor, every_intermediate: bool
) -> tuple[Tensor, Tensor | None, Tensor]:
    """Return frequencies, the pair features (None unless wanted), and the pairs' encodings."""
    encoder, layer = model.evol_encoder, model.pairwise_encoding
    if encoder.pairwise_type not in COUNTED:
        frequencies, pairwise = invert(encoder, alignment)
        return frequencies, pairwise, layer(pairwise).relu_()
    related = count(encoder, alignment)
    encoded = encode_pairs(shared.kernel, layer.bias, related)
    dense = related.dense().to(alignment.dtype) if every_intermediate else None
    return related.frequencies.to(alignment.dtype), dense, encoded
