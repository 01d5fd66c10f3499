"""PyTorch operations that ports confuse with others: their kinds and their arguments by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit

Bound = dict[str, Any]
"""Arguments of a call by name, its "kind", and "again": the same call with some of them changed."""


@dataclass(frozen=True)
class Alternative:
    """Alternative to a call: the number of the known bug it represents, and the call itself.

    `edit` says how it would be written in the candidate's source, if that is known.
    """

    number: int | None
    do: Callable[[], Any]
    edit: Edit | None = None


def with_arguments(**values: str) -> Edit:
    """Return the edit of a call that gives arguments other values, in Python's syntax."""
    return Edit(arguments=tuple(values.items()))


Alternatives = dict[str, Alternative]


@dataclass(frozen=True)
class Earlier:
    """A call that was made before in the same run: its input, other operand and result.

    `again` makes it once more, with some of its arguments changed.
    """

    kind: str
    index: int
    input: Any
    other: Any
    output: Any
    again: Callable[..., Any]


_RECURRENT = (
    *("input", "hx", "params", "has_biases", "num_layers", "dropout", "train", "two", "first"),
)
# The parameters of each kind of call in their order; functions and methods of one name agree.
_PARAMETERS = {
    "softmax": ("input", "dim"),
    "log_softmax": ("input", "dim"),
    "leaky_relu": ("input", "negative_slope"),
    "gelu": ("input", "approximate"),
    "sqrt": ("input",),
    "erf": ("input",),
    "erfc": ("input",),
    "tanh": ("input",),
    "hardsigmoid": ("input",),
    "layer_norm": ("input", "normalized_shape", "weight", "bias", "eps"),
    "batch_norm": (
        *("input", "running_mean", "running_var", "weight", "bias"),
        *("training", "momentum", "eps"),
    ),
    "squeeze": ("input", "dim"),
    "std": ("input", "dim"),
    "var": ("input", "dim"),
    "pad": ("input", "pad", "mode", "value"),
    "flatten": ("input", "start_dim", "end_dim"),
    "reshape": ("input", "shape"),
    "expand": ("input", "size"),
    **dict.fromkeys(("repeat", "tile"), ("input", "repeats")),
    "repeat_interleave": ("input", "repeats", "dim"),
    "binary_cross_entropy_with_logits": (
        *("input", "target", "weight", "size_average", "reduce", "reduction", "pos_weight"),
    ),
    "unflatten": ("input", "dim", "sizes"),
    "scaled_dot_product_attention": ("query", "key", "value", "attn_mask"),
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
    "trunc": ("input",),
    "floor": ("input",),
    "round": ("input",),
    "add": ("input", "other"),
    "mul": ("input", "other"),
    "div": ("input", "other"),
    "mean": ("input", "dim", "keepdim"),
    "sum": ("input", "dim", "keepdim"),
    "interpolate": ("input", "size", "scale_factor", "mode", "align_corners"),
    **dict.fromkeys(("relu", "relu6", "selu", "silu", "mish", "hardswish"), ("input", "inplace")),
    **dict.fromkeys(("sigmoid", "softsign", "logsigmoid"), ("input",)),
    **dict.fromkeys(("elu", "celu"), ("input", "alpha", "inplace")),
    "hardtanh": ("input", "min_val", "max_val", "inplace"),
    "softplus": ("input", "beta", "threshold"),
    "prelu": ("input", "weight"),
    "linear": ("input", "weight", "bias"),
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d"),
        ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    ),
    **dict.fromkeys(
        ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
        (*("input", "weight", "bias", "stride", "padding"), "output_padding", "groups", "dilation"),
    ),
    **dict.fromkeys(
        ("avg_pool1d", "avg_pool2d", "avg_pool3d"),
        ("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad"),
    ),
    **dict.fromkeys(
        ("max_pool1d", "max_pool2d", "max_pool3d"),
        ("input", "kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    ),
    "local_response_norm": ("input", "size", "alpha", "beta", "k"),
    "grid_sample": ("input", "grid", "mode", "padding_mode", "align_corners"),
    **dict.fromkeys(("amax", "amin", "logsumexp"), ("input", "dim", "keepdim")),
    **dict.fromkeys(("cumsum", "cumprod"), ("input", "dim")),
    "normalize": ("input", "p", "dim", "eps"),
    "chunk": ("input", "chunks", "dim"),
    "split": ("input", "split_size", "dim"),
    "unbind": ("input", "dim"),
    "cat": ("tensors", "dim"),
    "glu": ("input", "dim"),
    "view": ("input", "shape"),
    "permute": ("input", "dims"),
    "kl_div": ("input", "target", "size_average", "reduce", "reduction", "log_target"),
    "cross_entropy": (
        *("input", "target", "weight", "size_average", "ignore_index", "reduce", "reduction"),
        "label_smoothing",
    ),
    "nll_loss": (
        *("input", "target", "weight", "size_average", "ignore_index", "reduce", "reduction"),
    ),
    **dict.fromkeys(
        ("mse_loss", "l1_loss"), ("input", "target", "size_average", "reduce", "reduction")
    ),
    "smooth_l1_loss": ("input", "target", "size_average", "reduce", "reduction", "beta"),
    "huber_loss": ("input", "target", "reduction", "delta"),
    "binary_cross_entropy": (
        *("input", "target", "weight", "size_average", "reduce", "reduction"),
    ),
    **dict.fromkeys(
        ("log", "log1p", "log2", "log10", "exp", "expm1", "exp2", "sin", "cos", "square", "abs"),
        ("input",),
    ),
    **dict.fromkeys(("rsqrt", "neg", "reciprocal", "detach"), ("input",)),
    **dict.fromkeys(("fmod", "remainder", "sub", "matmul", "bmm"), ("input", "other")),
    **dict.fromkeys(("gt", "ge", "lt", "le", "eq", "ne"), ("input", "other")),
    "clamp": ("input", "min", "max"),
    "pow": ("input", "exponent"),
    "masked_fill": ("input", "mask", "value"),
    "where": ("condition", "input", "other"),
    **dict.fromkeys(("tril", "triu"), ("input", "diagonal")),
    "flip": ("input", "dims"),
    "roll": ("input", "shifts", "dims"),
    "arange": ("input", "end", "step"),
    **dict.fromkeys(
        ("hann_window", "hamming_window", "blackman_window", "bartlett_window"),
        ("window_length", "periodic"),
    ),
    "gather": ("input", "dim", "index"),
    "norm": ("input", "p", "dim", "keepdim"),
    "einsum": ("equation", "input", "other"),
    "getitem": ("input", "index"),
    "pixel_shuffle": ("input", "upscale_factor"),
    "pixel_unshuffle": ("input", "downscale_factor"),
    "group_norm": ("input", "num_groups", "weight", "bias", "eps"),
    "instance_norm": (
        *("input", "running_mean", "running_var", "weight", "bias"),
        *("use_input_stats", "momentum", "eps"),
    ),
    "embedding": ("input", "weight", "padding_idx"),
    "stack": ("tensors", "dim"),
    "transpose": ("input", "dim0", "dim1"),
    "ctc_loss": (
        *("log_probs", "targets", "input_lengths", "target_lengths", "blank", "reduction"),
        "zero_infinity",
    ),
}
# What is known of a call besides its arguments.
_OF_THE_CALL = ("again", "kind", "function", "earlier", "inputs", "named", "numbers", "unused")
_TAKE_SIZES = ("reshape", "view", "permute", "expand", "repeat", "tile", "flip")
_ALIASES = {
    "truediv": "div",
    "radd": "add",
    "rmul": "mul",
    "special_erf": "erf",
    "concat": "cat",
    "concatenate": "cat",
}
# Names that other functions have as well, with other arguments.
_ONLY = {
    "batch_norm": functional.batch_norm,
    "group_norm": functional.group_norm,
    "instance_norm": functional.instance_norm,
    "embedding": functional.embedding,
    "where": torch.where,
}
# The arguments to be shown for a call: those that an alternative changes.
_SHOWN = {
    "softmax": ("dim",),
    "log_softmax": ("dim",),
    "leaky_relu": ("negative_slope",),
    "gelu": ("approximate",),
    "layer_norm": ("eps",),
    "batch_norm": ("training", "eps"),
    "pad": ("pad",),
    "add": ("other",),
    "mul": ("other",),
    "div": ("other",),
}


def kind_of(func: Callable[..., Any]) -> str:
    """Return the kind of a call of a function, under which all of its names agree."""
    name = getattr(func, "__name__", "").strip("_")
    return _ALIASES.get(name, name)


def bind_call(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[str, Bound] | None:
    """Return the kind of a call and its arguments by name; None for other operations."""
    kind = kind_of(func)
    names = _PARAMETERS.get(kind)
    if names is None or (kind in _ONLY and func is not _ONLY[kind]):
        return None
    # Sizes may be given one by one, or a single one: reshape(2, 3), reshape(-1).
    if kind in _TAKE_SIZES and args[1:] and (len(args) > 2 or isinstance(args[-1], int)):
        args = (args[0], tuple(args[1:]))
    bound = {**dict(zip(names, args, strict=False)), **kwargs}
    bound.setdefault("input", bound.pop("self", None))
    bound["kind"], bound["function"], bound["earlier"], bound["inputs"] = kind, func, (), {}
    bound["named"], bound["numbers"], bound["unused"] = {}, (), {}
    bound["again"] = _again(func, names, bound)
    return kind, bound


def has_shape_of(do: Callable[[], Any], like: Any) -> bool:
    """Return whether a call can be made and returns a tensor of the same shape as another."""
    try:
        made = do()
    except (RuntimeError, TypeError, ValueError, IndexError):
        return False
    return isinstance(made, Tensor) and isinstance(like, Tensor) and made.shape == like.shape


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Yield the tensors within lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from tensors_in(one)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


def writes_input(bound: Bound) -> bool:
    """Return whether a call writes its result into its input, as `x.add_(y)` does."""
    name = bound["function"].__name__
    return bool(bound.get("inplace")) or (name.endswith("_") and not name.endswith("__"))


def _again(func: Callable[..., Any], names: tuple[str, ...], bound: Bound) -> Callable[..., Any]:
    """Return a function that repeats the call with some arguments changed; it writes nowhere."""

    def call(**changed: Any) -> Any:
        merged = {k: v for k, v in {**bound, **changed}.items() if k not in _OF_THE_CALL}
        if writes_input(bound):
            merged["input"] = merged["input"].clone()
        leading = []
        for name in names:
            if name not in merged:
                break
            leading.append(merged.pop(name))
        return func(*leading, **{k: v for k, v in merged.items() if k != "input"})

    return call


def parameters_of(kind: str) -> tuple[str, ...]:
    """Return the names of the arguments of a kind of call, in their order."""
    return _PARAMETERS[kind]


def describe_call(bound: Bound) -> str:
    """Describe a call by the arguments that an alternative would change, and its input's shape."""
    shown = _SHOWN.get(bound["kind"], ())
    words = [
        f"{name}={bound[name]}"
        for name in shown
        if name in bound and not isinstance(bound[name], Tensor)
    ]
    if isinstance(bound.get("input"), Tensor):
        words.append(f"of {'x'.join(map(str, bound['input'].shape)) or 'a scalar'}")
    return " ".join(words)
