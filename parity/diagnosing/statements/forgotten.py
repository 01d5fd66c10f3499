"""Methods and arguments that are forgotten: behind a tensor, or in a call."""

from collections.abc import Iterator

# Arguments whose defaults are not those of the function of another framework.
_KEYWORDS: dict[str, tuple[tuple[str, str], ...]] = {
    "scatter_reduce": (("include_self", "False"),),
    "scatter_reduce_": (("include_self", "False"),),
    "index_reduce": (("include_self", "False"),),
    "sort": (("descending", "True"), ("stable", "True")),
    "argsort": (("descending", "True"), ("stable", "True")),
    "topk": (("largest", "False"),),
    "searchsorted": (("right", "True"),),
    "bucketize": (("right", "True"),),
    "std": (("correction", "0"),),
    "var": (("correction", "0"),),
    **dict.fromkeys(("mean", "sum", "amax", "amin", "norm"), (("keepdim", "True"),)),
    "interpolate": (("align_corners", "True"), ("antialias", "True")),
    "pad": (("mode", '"reflect"'), ("mode", '"replicate"')),
    "gelu": (("approximate", '"tanh"'),),
    "round": (("decimals", "1"),),
}
_MOST_AXES = 4


def keywords(function: str) -> Iterator[tuple[str, str]]:
    """Yield arguments that a call of a function, by its whole name, may lack, with their values."""
    yield from _KEYWORDS.get(function.rpartition(".")[2], ())


def methods(shape: tuple[int, ...], of_gradients: bool) -> Iterator[tuple[int, str]]:
    """Yield calls of methods that may have to follow a tensor of a shape, each with its rank.

    Where gradients alone differ, what stops them may be missing, and nothing else.
    """
    if of_gradients:
        yield 0, ".detach()"
        return
    if shape[-1:] == (1,):
        yield 1, ".squeeze(-1)"
    if len(shape) <= _MOST_AXES:
        yield 1, ".unsqueeze(-1)"
        if len(shape) > 1 and 1 not in shape[-2:]:
            yield 1, ".mT"
        yield from ((1, f".flip({axis})") for axis, size in enumerate(shape) if size > 1)
