"""pt_gmvp's fast form, held to the same reference as the plain one.

Its pairs are those of the plain form with another candidate. What the fast form never computes, the
projections at every position, is taken off the reference's outputs too; no layer of it is cut from
a run of the whole model, which is that of the plain form.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parity.declaring.port import Built, Pair, Side
from parity.declaring.weight import Options

if TYPE_CHECKING:
    from torch import Tensor

# What is counted or inverted in another way; the other types are left to the plain form.
_PAIRWISE_TYPES = ("fre", "cov", "inv_cov")
# By layer: the intermediates that only the plain form has.
_PROJECTIONS = ("q", "k", "v", "pairwise")
_ABSENT = {
    "model": tuple(f"mha/{name}" for name in _PROJECTIONS),
    "evol_encoder": (),
    "multi_head_attention": _PROJECTIONS,
}


def fast_pairs(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """The pairs of the fast form, named `<layer>_fast`, out of all those of the plain one."""
    return tuple(_fast(pair) for pair in pairs if pair.layer in _ABSENT)


def _fast(pair: Pair) -> Pair:
    absent = _ABSENT[pair.layer]
    return replace(
        pair,
        layer=f"{pair.layer}_fast",
        reference=replace(pair.reference, build=_without(absent, pair.reference.build)),
        candidate=Side("torch", _BUILDERS[pair.layer]),
        configs=tuple(c for c in pair.configs if c.options["pairwise_type"] in _PAIRWISE_TYPES),
        intermediates=(),
        axes={name: axes for name, axes in pair.axes.items() if name not in absent},
        about=f"{pair.about}, in the fast form",
        no_onnx="the fast form counts in place, which no graph holds; export the plain one",
    )


def _without(
    absent: tuple[str, ...], build: Callable[[Options, str], Built]
) -> Callable[[Options, str], Built]:
    """Build a side without some of its outputs."""

    def built(options: Options, dtype: str) -> Built:
        whole = build(options, dtype)

        def call(inputs: dict[str, Any]) -> dict[str, Any]:
            return {k: value for k, value in whole.call(inputs).items() if k not in absent}

        return Built(call, whole.parameters)

    return built


def model(options: Options, dtype: str) -> Built:
    """The whole model in its fast form, in evaluation, and the loss of its logits."""
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP
    from pt_gmvp.optim import loss as mean_loss

    whole = GMVP(ModelConfig.from_dict(dict(options)), form="fast").to(getattr(torch, dtype)).eval()

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        intermediates = whole.trace(
            inputs["ref_aa"], inputs["alt_aa"], inputs["feature"], inputs["mask"]
        )
        return {**intermediates, "loss": mean_loss(intermediates["logit"], inputs["label"])}

    return Built(call, dict(whole.named_parameters()))


def evol_encoder(options: Options, dtype: str) -> Built:
    """The EvolEncoder's results by counting."""
    import torch

    from pt_gmvp.evol_encoder import EvolEncoder
    from pt_gmvp.forms.fast.evol_encoder import encode

    keys = ("pairwise_type", "weighting_schema", "pairwise_norm")
    layer = EvolEncoder(**{key: options[key] for key in keys}).to(getattr(torch, dtype))

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        names = ("frequencies", "pairwise")
        found = zip(names, encode(layer, inputs["x"]), strict=True)
        return {name: value for name, value in found if value is not None}

    return Built(call, dict(layer.named_parameters(prefix="evol_encoder")))


def multi_head_attention(options: Options, dtype: str) -> Built:
    """The attention with its projections folded."""
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
