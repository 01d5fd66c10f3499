"""Which layers of Keras and PyTorch hold the same weights: layouts that the two define."""

from collections.abc import Callable

import numpy as np

from parity.init.option import Entry, Option
from parity.runners.survey import Part

Rule = Callable[[Part, Part], Option | None]


def known(reference: Part, candidate: Part) -> Option | None:
    """The map between two layers of known kinds whose shapes agree; None if they are not such."""
    for kinds, rule in _RULES:
        if reference.kind in kinds[0] and candidate.kind in kinds[1]:
            option = rule(reference, candidate)
            return option if option and fits(option, reference, candidate) else None
    return None


def fits(option: Option, reference: Part, candidate: Part) -> bool:
    """Whether every weight that the option names is there, in the shape that it says."""
    names = {held.name: held.shape for held in reference.weights}
    keys = {held.name: held.shape for held in candidate.weights}
    for weight in option.weights:
        if names.get(weight.name) != weight.shape:
            return False
        if any(key.partition("[")[0] not in keys for key in weight.keys):
            return False
    laid_out = laid_out_shapes(option)
    return all(keys[key] == shape for key, shape in laid_out.items()) and not set(
        option.zero
    ) - set(keys)


def laid_out_shapes(option: Option) -> dict[str, tuple[int, ...]]:
    """The shape that an option gives to each of the candidate's weights."""
    found: dict[str, tuple[int, ...]] = {}
    for weight in option.weights:
        arrays = weight.forward(np.zeros(weight.shape, np.float32))
        for key, array in zip(weight.keys, arrays, strict=True):
            whole, split, _ = key.partition("[")
            count = option.split[whole] if split else 1
            found[whole] = (array.shape[0] * count, *array.shape[1:])
    return found


def _one(function: str, *arguments: object, **keywords: object) -> Option:
    return Option((Entry(function, arguments, keywords),), known=True)


def _shape(part: Part, end: str) -> tuple[int, ...] | None:
    held = part.weight(end)
    return held.shape if held else None


def _bias(reference: Part, candidate: Part) -> dict[str, bool]:
    """`bias=False` where either side has none."""
    both = reference.weight("bias") and candidate.weight("bias")
    return {} if both else {"bias": False}


def _dense(reference: Part, candidate: Part) -> Option | None:
    shape = _shape(reference, "kernel")
    if shape is None or len(shape) != 2:
        return None
    return _one("dense", reference.path, candidate.path, *shape, **_bias(reference, candidate))


def _conv(reference: Part, candidate: Part) -> Option | None:
    shape, bias = _shape(reference, "kernel"), _bias(reference, candidate)
    if shape is None:
        return None
    ungrouped = candidate.facts.get("groups") == 1
    if reference.kind == "Conv2D" and len(shape) == 4 and ungrouped:
        return _one("conv2d", reference.path, candidate.path, shape[:2], *shape[2:], **bias)
    turned = {"turned": True} if reference.kind.endswith("Transpose") else {}
    return _one("conv", reference.path, candidate.path, shape, **bias, **turned)


def _depthwise(reference: Part, candidate: Part) -> Option | None:
    end = "kernel" if reference.weight("kernel") else "depthwise_kernel"
    shape = _shape(reference, end)
    if shape is None or len(shape) != 4:
        return None
    named = {} if end == "kernel" else {"kernel": end}
    bias = _bias(reference, candidate)
    return _one(
        "depthwise_conv2d", reference.path, candidate.path, shape[:2], *shape[2:], **bias, **named
    )


def _norm(function: str) -> Rule:
    ends = {"gamma": "weight", "beta": "bias"}
    if function == "batch_norm":
        ends |= {"moving_mean": "running_mean", "moving_variance": "running_var"}

    def rule(reference: Part, candidate: Part) -> Option | None:
        held = [(reference.weight(end), candidate.weight(key)) for end, key in ends.items()]
        if all(a and b for a, b in held) and held[0][0] and len(held[0][0].shape) == 1:
            return _one(function, reference.path, candidate.path, *held[0][0].shape)
        return Option(
            tuple(
                Entry("same", (a.name, a.shape, b.name), _positive(a.name))
                for a, b in held
                if a and b
            ),
            known=True,
        )

    return rule


def _positive(name: str) -> dict[str, bool]:
    return {"positive": True} if "variance" in name else {}


def _embedding(reference: Part, candidate: Part) -> Option | None:
    shape = _shape(reference, "embeddings")
    return shape and _one("embedding", reference.path, candidate.path, *shape)  # type: ignore[return-value]


def _recurrent(function: str, gates: int) -> Rule:
    def rule(reference: Part, candidate: Part) -> Option | None:
        shape, end = _shape(reference, "kernel"), candidate.facts.get("end")
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
        return Option((Entry(function, arguments, keywords),), known=True, zero=tuple(zero))

    return rule


def _attention(reference: Part, candidate: Part) -> Option | None:
    shape = _shape(reference, "query/kernel")
    if shape is None or len(shape) != 3 or shape[1] != candidate.facts.get("num_heads"):
        return None
    bias = reference.weight("query/bias") and candidate.weight("in_proj_bias")
    keywords = {} if bias else {"bias": False}
    entry = Entry(
        "multi_head_attention", (reference.path, candidate.path, shape[0], shape[1]), keywords
    )
    whole = ["in_proj_weight", *(["in_proj_bias"] if bias else [])]
    return Option((entry,), known=True, split={f"{candidate.path}.{key}": 3 for key in whole})


_CONVOLUTIONS = tuple(f"Conv{n}D{turned}" for n in (1, 2, 3) for turned in ("", "Transpose"))
_TORCH_CONVOLUTIONS = tuple(f"Conv{turned}{n}d" for n in (1, 2, 3) for turned in ("", "Transpose"))
_BATCH_NORMS = ("BatchNorm1d", "BatchNorm2d", "BatchNorm3d")
_RULES: tuple[tuple[tuple[tuple[str, ...], tuple[str, ...]], Rule], ...] = (
    ((("Dense",), ("Linear",)), _dense),
    ((_CONVOLUTIONS, _TORCH_CONVOLUTIONS), _conv),
    ((("DepthwiseConv2D",), ("Conv2d",)), _depthwise),
    ((("BatchNormalization",), _BATCH_NORMS), _norm("batch_norm")),
    ((("LayerNormalization",), ("LayerNorm",)), _norm("layer_norm")),
    ((("GroupNormalization",), ("GroupNorm",)), _norm("layer_norm")),
    ((("Embedding",), ("Embedding",)), _embedding),
    ((("LSTM", "LSTMCell"), ("LSTM", "LSTMCell")), _recurrent("lstm", 4)),
    ((("GRU", "GRUCell"), ("GRU", "GRUCell")), _recurrent("gru", 3)),
    ((("SimpleRNN", "SimpleRNNCell"), ("RNN", "RNNCell")), _recurrent("simple_rnn", 1)),
    ((("MultiHeadAttention",), ("MultiheadAttention",)), _attention),
)
