"""Numbers that operations of PyTorch compare data with, seen one operation at a time."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.utils._pytree import tree_leaves

from parity.declaring.boundary_watch import BoundaryWatch
from parity.runners.torch.constants import ConstantTracker

_COMPARE = {
    *("lt", "le", "gt", "ge", "eq", "ne", "maximum", "minimum", "clamp", "clamp_min", "clamp_max"),
    *("clamp_", "clamp_min_", "clamp_max_", "hardtanh", "hardtanh_", "threshold", "threshold_"),
    *("bucketize", "searchsorted", "remainder", "fmod", "floor_divide", "hardshrink", "softshrink"),
}
_MOST_EDGES = 256
# Their whole numbers are axes and sizes.
_OF_SIZES = {
    *("view", "reshape", "_unsafe_view", "permute", "transpose", "expand", "unsqueeze", "squeeze"),
    *("slice", "select", "split", "cat", "stack", "sum", "mean", "amax", "amin", "_softmax"),
    *("convolution", "cumsum", "cumprod", "narrow", "t", "_log_softmax", "native_layer_norm"),
}


class BoundaryTracker(ConstantTracker):  # type: ignore[no-untyped-call]
    """Every operation of a run; those that compare data show what with."""

    def __init__(self, watch: BoundaryWatch) -> None:
        super().__init__(watch)
        self.watch = watch

    def _on_data(
        self, func: Any, name: str, args: Any, kwargs: Any, written: Sequence[Tensor]
    ) -> Any:
        every = self.watch.every
        if (name in _COMPARE or every) and not (self.paused or self.is_building):
            for leaf in tree_leaves((args, kwargs)):
                if isinstance(leaf, bool):
                    continue
                if isinstance(leaf, float) or (isinstance(leaf, int) and name not in _OF_SIZES):
                    self.watch.see([leaf])
                elif isinstance(leaf, Tensor) and _is_edges(leaf) and not (every and leaf.ndim):
                    self.watch.see(leaf.detach().cpu().double().flatten().tolist())
        return super()._on_data(func, name, args, kwargs, written)


def _is_edges(tensor: Tensor) -> bool:
    """Return whether a tensor may be a number or the ascending edges of bins, and not data."""
    if tensor.ndim == 0:
        return True
    if tensor.ndim > 1 or not 1 < tensor.numel() <= _MOST_EDGES or tensor.is_complex():
        return False
    values = tensor.detach().double()
    return bool((values[1:] > values[:-1]).all())
