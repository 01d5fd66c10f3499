"""Layouts of weights: how the candidate may store some of the reference's weights.

A layout is written as calls of parity.declaring.layouts. The rules below are those that Keras and
PyTorch themselves define for layers of the same kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from parity.declaring import layouts
from parity.declaring.weight import Weight
from parity.runners.whole_models import Shape, WeightedLayer

_SINGLE = ("same", "transposed", "gated", "gated_rows", "folded", "reshaped", "image_vector")


@dataclass(frozen=True)
class LayoutCall:
    """A call of a function in parity.declaring.layouts, to be executed and to be written out."""

    function: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """Return the entries of the weight map that the call makes."""
        made = getattr(layouts, self.function)(*self.arguments, **self.keywords)
        return (made,) if isinstance(made, Weight) else made

    @property
    def single(self) -> bool:
        """Return whether the call makes one entry, not several."""
        return self.function in _SINGLE


@dataclass(frozen=True)
class Layout:
    """Some of the reference's weights, stored in some of the candidate's.

    `zero` names the candidate's weights that must be zero, `split` those that hold several of the
    reference's, with their number, `kept` those that the reference lacks: factors that begin
    as 1, and stay so. `known` marks a layout that the frameworks themselves define.
    """

    calls: tuple[LayoutCall, ...]
    known: bool = False
    zero: tuple[str, ...] = ()
    split: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    @cached_property
    def weights(self) -> tuple[Weight, ...]:
        """Return the entries of the weight map."""
        return tuple(weight for call in self.calls for weight in call.weights)

    @cached_property
    def names(self) -> set[str]:
        """Return the reference's weights that this accounts for."""
        return {weight.name for weight in self.weights}

    @cached_property
    def keys(self) -> set[str]:
        """Return the candidate's weights that this accounts for, a split one as a whole."""
        held = {self.holder(key) for weight in self.weights for key in weight.keys}
        return held | {*self.zero, *self.kept}

    def holder(self, key: str) -> str:
        """Return the candidate's weight that holds a key: the whole one, if this splits it."""
        return whole(key) if whole(key) in self.split else key

    def fits(self, reference: WeightedLayer, candidate: WeightedLayer) -> bool:
        """Return whether both layers have every weight named here, in the shape given here."""
        shapes = {weight.name: weight.shape for weight in reference.weights}
        held = {weight.name: weight.shape for weight in candidate.weights}
        if not self.keys <= held.keys():
            return False
        if any(shapes.get(weight.name) != weight.shape for weight in self.weights):
            return False
        return all(held[key] == shape for key, shape in self._shapes().items())

    def _shapes(self) -> dict[str, Shape]:
        """Return the shape that each of the candidate's weights must have."""
        found: dict[str, Shape] = {}
        for weight in self.weights:
            # A single zero seen as the whole array: a transposition of it copies nothing twice.
            arrays = weight.forward(np.broadcast_to(np.zeros((), np.int8), weight.shape))
            for key, array in zip(weight.keys, arrays, strict=True):
                count = self.split.get(whole(key), 1)
                found[self.holder(key)] = (array.shape[0] * count, *array.shape[1:])
        return found


def whole(key: str) -> str:
    """Return the candidate's weight that a key names or is a part of: "key[0]" is part of "key"."""
    return key.partition("[")[0]


Rule = Callable[[WeightedLayer, WeightedLayer], Layout | None]


def known_layout(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
    """Return the layout that the frameworks define for these layers.

    None if there is none for their kinds, or if their shapes do not fit it.
    """
    for kinds, partners, rule in _RULES:
        if reference.kind in kinds and candidate.kind in partners:
            layout = rule(reference, candidate)
            return layout if layout and layout.fits(reference, candidate) else None
    return None


def known(function: str, *arguments: object, **keywords: object) -> Layout:
    """Return the layout that a function of parity.declaring.layouts makes of a whole layer."""
    return Layout((LayoutCall(function, arguments, keywords),), known=True)


def _shape(layer: WeightedLayer, ending: str) -> Shape | None:
    weight = layer.weight(ending)
    return weight.shape if weight else None


def bias_of_both(reference: WeightedLayer, candidate: WeightedLayer) -> dict[str, bool]:
    """Return `bias=False` where either side has none."""
    both = reference.weight("bias") and candidate.weight("bias")
    return {} if both else {"bias": False}


def _dense(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
    shape = _shape(reference, "kernel")
    if shape is None or len(shape) != 2:
        return None
    return known(
        "dense", reference.path, candidate.path, *shape, **bias_of_both(reference, candidate)
    )


def _conv(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
    shape, bias = _shape(reference, "kernel"), bias_of_both(reference, candidate)
    if shape is None:
        return None
    ungrouped = candidate.settings.get("groups") == 1
    if reference.kind == "Conv2D" and len(shape) == 4 and ungrouped:
        return known("conv2d", reference.path, candidate.path, shape[:2], *shape[2:], **bias)
    turned = {"turned": True} if reference.kind.endswith("Transpose") else {}
    return known("conv", reference.path, candidate.path, shape, **bias, **turned)


def _depthwise(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
    ending = "kernel" if reference.weight("kernel") else "depthwise_kernel"
    shape = _shape(reference, ending)
    if shape is None:
        return None
    named = {} if ending == "kernel" else {"kernel": ending}
    bias = bias_of_both(reference, candidate)
    if len(shape) == 3:
        return known("depthwise_conv", reference.path, candidate.path, shape, **bias, **named)
    return known(
        "depthwise_conv2d", reference.path, candidate.path, shape[:2], *shape[2:], **bias, **named
    )


def _norm(function: str) -> Rule:
    endings = {"gamma": "weight", "beta": "bias"}
    if function == "batch_norm":
        endings |= {"moving_mean": "running_mean", "moving_variance": "running_var"}

    def rule(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
        pairs = [(reference.weight(end), candidate.weight(key)) for end, key in endings.items()]
        if all(a and b for a, b in pairs) and pairs[0][0] and len(pairs[0][0].shape) == 1:
            return known(function, reference.path, candidate.path, *pairs[0][0].shape)
        calls = (
            LayoutCall("same", (a.name, a.shape, b.name), positive(a.name))
            for a, b in pairs
            if a and b
        )
        # Keras' scale=False: PyTorch's factor is 1, as it begins.
        kept = tuple(b.name for a, b in pairs if a is None and b and b.name.endswith("weight"))
        zero = tuple(b.name for a, b in pairs if a is None and b and b.name.endswith("bias"))
        return Layout(tuple(calls), known=True, zero=zero, kept=kept)

    return rule


def positive(name: str) -> dict[str, bool]:
    """Return `positive=True` for a variance, which must be drawn so."""
    return {"positive": True} if "variance" in name else {}


def _embedding(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
    shape = _shape(reference, "embeddings")
    return known("embedding", reference.path, candidate.path, *shape) if shape else None


def _recurrent(function: str, gates: int) -> Rule:
    def rule(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
        shape, end = _shape(reference, "kernel"), candidate.settings.get("end")
        if shape is None or end is None:
            return None
        keys = [f"{candidate.path}.bias_{of}{end}" for of in ("ih", "hh")]
        biased = candidate.weight(f"bias_ih{end}") is not None
        if reference.weight("bias") is None:
            keywords, zero = {"bias": False}, keys if biased else []
        elif biased:
            keywords, zero = {}, keys[1:] if function != "gru" else []
        else:
            return None
        if end != "_l0":
            keywords |= {"end": end}
        arguments = (reference.path, candidate.path, shape[0], shape[1] // gates)
        call = LayoutCall(function, arguments, keywords)
        return Layout((call,), known=True, zero=tuple(zero))

    return rule


def _attention(reference: WeightedLayer, candidate: WeightedLayer) -> Layout | None:
    shape = _shape(reference, "query/kernel")
    if shape is None or len(shape) != 3 or shape[1] != candidate.settings.get("num_heads"):
        return None
    bias = reference.weight("query/bias") and candidate.weight("in_proj_bias")
    keywords = {} if bias else {"bias": False}
    arguments = (reference.path, candidate.path, shape[0], shape[1])
    call = LayoutCall("multi_head_attention", arguments, keywords)
    thirds = ["in_proj_weight", *(["in_proj_bias"] if bias else [])]
    return Layout((call,), known=True, split={f"{candidate.path}.{key}": 3 for key in thirds})


_CONVOLUTIONS = tuple(f"Conv{n}D{turned}" for n in (1, 2, 3) for turned in ("", "Transpose"))
_TORCH_CONVOLUTIONS = tuple(f"Conv{turned}{n}d" for n in (1, 2, 3) for turned in ("", "Transpose"))
_BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
# Kinds in Keras, kinds in PyTorch, and the layout between the two.
_RULES: tuple[tuple[tuple[str, ...], tuple[str, ...], Rule], ...] = (
    (("Dense",), ("Linear",), _dense),
    (_CONVOLUTIONS, _TORCH_CONVOLUTIONS, _conv),
    (("DepthwiseConv2D",), ("Conv2d",), _depthwise),
    (("DepthwiseConv1D",), ("Conv1d",), _depthwise),
    (("BatchNormalization",), _BATCH_NORMS, _norm("batch_norm")),
    (("LayerNormalization",), ("LayerNorm",), _norm("layer_norm")),
    (("GroupNormalization",), ("GroupNorm",), _norm("layer_norm")),
    (("Embedding",), ("Embedding",), _embedding),
    (("LSTM", "LSTMCell"), ("LSTM", "LSTMCell"), _recurrent("lstm", 4)),
    (("GRU", "GRUCell"), ("GRU", "GRUCell"), _recurrent("gru", 3)),
    (("SimpleRNN", "SimpleRNNCell"), ("RNN", "RNNCell"), _recurrent("simple_rnn", 1)),
    (("MultiHeadAttention",), ("MultiheadAttention",), _attention),
)
