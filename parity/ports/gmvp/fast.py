"""Pairs of pt_gmvp's fast form: those of the plain form with another candidate.

The fast form never computes the projections at every position, so these are removed from the
reference's outputs too. Its layers have no cascade: that is for layers of the plain form.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parity.declaring.port import Built, Configuration, Pair, Side
from parity.declaring.weight import Options
from parity.ports.gmvp.candidate import build_model, chosen, trace_with_loss
from parity.ports.gmvp.configs import ENCODED, MANY_WINDOWS

if TYPE_CHECKING:
    from torch import Tensor

# The types that the fast form counts or inverts in another way; others use the plain form.
_PAIRWISE_TYPES = ("fre", "cov", "inv_cov")
# Intermediates that only the plain form has, by layer.
_PROJECTIONS = ("q", "k", "v", "pairwise")
_ABSENT = {
    "model": tuple(f"mha/{name}" for name in _PROJECTIONS),
    "evol_encoder": (),
    "multi_head_attention": _PROJECTIONS,
}


def fast_pairs(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return the pairs of the fast form, named `<layer>_fast`, given those of the plain one."""
    return tuple(_fast(pair) for pair in pairs if pair.layer in _ABSENT)


def _fast(pair: Pair) -> Pair:
    absent = _ABSENT[pair.layer]
    return replace(
        pair,
        layer=f"{pair.layer}_fast",
        reference=replace(pair.reference, build=_without(absent, pair.reference.build)),
        candidate=Side("torch", _BUILDERS[pair.layer]),
        configs=(
            *(config for config in pair.configs if _covered(config)),
            *(MANY_WINDOWS if pair.layer == "model" else ()),
        ),
        intermediates=(),
        axes={name: axes for name, axes in pair.axes.items() if name not in absent},
        about=f"{pair.about}, in the fast form",
        no_onnx="the fast form counts in place, which has no ONNX form; export the plain one",
    )


def _covered(config: Configuration) -> bool:
    """Return whether the fast form computes this configuration as precisely as the plain one.

    It takes covariances from joint frequencies, which loses digits where one species has nearly all
    the weight; docs/fast-form.md says how many.
    """
    options = config.options
    return options["pairwise_type"] in _PAIRWISE_TYPES and options.get("weights") != "peaked"


def _without(
    absent: tuple[str, ...], build: Callable[[Options, str], Built]
) -> Callable[[Options, str], Built]:
    """Return a factory of the same side without some of its outputs."""

    def built(options: Options, dtype: str) -> Built:
        whole = build(options, dtype)

        def call(inputs: dict[str, Any]) -> dict[str, Any]:
            return {k: value for k, value in whole.call(inputs).items() if k not in absent}

        return Built(call, whole.parameters)

    return built


def model(options: Options, dtype: str) -> Built:
    """Build the whole model in its fast form, with the loss of its logits."""
    whole = build_model(options, dtype, form="fast")
    called = bool(options.get("called"))
    return Built(
        lambda inputs: trace_with_loss(whole, inputs, called), dict(whole.named_parameters())
    )


def evol_encoder(options: Options, dtype: str) -> Built:
    """Build the EvolEncoder that counts pairs of residues."""
    import torch

    from pt_gmvp.evol_encoder import EvolEncoder
    from pt_gmvp.forms.fast.evol_encoder import encode

    keys = ("pairwise_type", "weighting_schema", "pairwise_norm")
    layer = EvolEncoder(**{key: options[key] for key in keys}).to(getattr(torch, dtype))

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        found = zip(ENCODED, encode(layer, inputs["x"]), strict=True)
        return chosen(options, dict(found))

    return Built(call, dict(layer.named_parameters(prefix="evol_encoder")))


def multi_head_attention(options: Options, dtype: str) -> Built:
    """Build the attention with folded projections."""
    import torch

    from pt_gmvp.attention import MultiHeadAttention
    from pt_gmvp.forms.fast.attention import attend

    keys = ("d_fc", "d_model", "num_heads", "attn_score_type")
    layer = MultiHeadAttention(**{key: options[key] for key in keys}).to(getattr(torch, dtype))
    return Built(lambda inputs: attend(layer, **inputs), dict(layer.named_parameters(prefix="mha")))


_BUILDERS = {
    "model": model,
    "evol_encoder": evol_encoder,
    "multi_head_attention": multi_head_attention,
}
