"""Operations and weights of a float64 run in float64, where the code asks for float32."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map


def in_float64(
    args: Any, kwargs: Any, written: Sequence[Tensor], is_data: Callable[[Tensor], bool]
) -> tuple[Any, Any]:
    """Return an operation's arguments with float64 in the place of float32, if it writes nothing.

    So a cast to float32 is none. Constants stay as they are.
    """
    if written:
        return args, kwargs

    def wide(value: Any) -> Any:
        if isinstance(value, Tensor) and value.dtype == torch.float32 and is_data(value):
            return value.double()
        return value

    args, kwargs = tree_map(wide, (args, kwargs))
    leaves = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    dtypes = {tensor.dtype for tensor in leaves if tensor.is_floating_point()}
    if kwargs.get("dtype") is torch.float32 and dtypes == {torch.float64}:
        kwargs = {**kwargs, "dtype": torch.float64}
    return args, kwargs


def narrow_weights(weights: Iterable[Any]) -> list[Tensor]:
    """Return the weights that are held in float32."""
    return [w for w in weights if isinstance(w, Tensor) and w.dtype == torch.float32]


def widen(weights: Iterable[Tensor]) -> None:
    """Hold weights in float64 from now on."""
    for weight in weights:
        weight.data = weight.data.double()


def narrow_again(weights: Iterable[Tensor]) -> None:
    """Hold weights in float32 again."""
    for weight in weights:
        weight.data = weight.data.float()
