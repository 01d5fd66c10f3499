"""Operations below autograd, as a dispatch mode sees them."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from parity.arrays import Array
from parity.declaring.constants import round_to_float32


def in_backward() -> bool:
    """Return whether autograd is running: numbers of a derivative are no constants of the model."""
    return torch._C._current_graph_task_id() != -1


def needs_float64(tensor: Tensor) -> bool:
    """Return whether some value is not a float32: no input's or weight's is, as it comes."""
    if tensor.dtype != torch.float64 or tensor.layout != torch.strided:
        return False
    values = values_of(tensor)
    return not np.array_equal(values, round_to_float32(values), equal_nan=True)


def values_of(tensor: Tensor) -> Array:
    """Return a copy of a tensor's values in float64."""
    return np.array(tensor.detach().cpu().double().numpy())


def tensors_in(output: Any) -> list[Tensor]:
    """Return the tensors in what an operation returned, nested or not."""
    return [leaf for leaf in tree_leaves(output) if isinstance(leaf, Tensor)]


def written_by(func: Any, args: Any, kwargs: Any) -> list[Tensor]:
    """Return the tensors that an operation changes in place."""
    if not func._schema.is_mutable:
        return []
    named = dict(zip((a.name for a in func._schema.arguments), args, strict=False)) | kwargs
    writes = [a.name for a in func._schema.arguments if a.alias_info and a.alias_info.is_write]
    return tensors_in([named.get(name) for name in writes])
