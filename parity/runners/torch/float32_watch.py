"""Operations of PyTorch that compute in float32 in a float64 run, seen one by one."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from parity.declaring.float32_watch import Float32Watch
from parity.runners.constants import user_line
from parity.runners.torch.constants import ConstantTracker, mark_as_data
from parity.runners.torch.dispatched import in_backward, tensors_in, values_of
from parity.runners.torch.without_casts import in_float64

# They compute places in the image, or running sums over time, within one operation.
_IN_STEPS = ("upsample", "_upsample", "grid_sampler", "_ctc_loss", "ctc_loss", "cudnn_grid")

# These move elements, and compute nothing.
_MOVES = (
    *("clone", "copy", "cat", "stack", "index", "gather", "where", "slice", "select", "permute"),
    *("expand", "repeat", "constant_pad", "flip", "roll", "embedding", "_unsafe_view"),
)


class Float32Tracker(ConstantTracker):  # type: ignore[no-untyped-call]
    """Every operation of a run; those in float32 on data are noted, and perturbed if asked."""

    def __init__(self, watch: Float32Watch) -> None:
        super().__init__(watch)
        self.watch = watch

    def _on_data(
        self, func: Any, name: str, args: Any, kwargs: Any, written: Sequence[Tensor]
    ) -> Any:
        self._now_data(written)
        if self.watch.without_casts and not (self.paused or self.is_building):
            args, kwargs = in_float64(args, kwargs, written, self.is_data)
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        output = func(*args, **kwargs)
        if not (self.paused or self.is_building):
            memory = {_memory(tensor) for tensor in tensors}
            # What shares memory with an input is a view, or was written in place.
            found = [one for one in tensors_in(output) if _memory(one) not in memory]
            found = [one for one in found if one.dtype == torch.float32 and one.numel()]
            self._see(name, found, tensors)
        return mark_as_data(output)

    def _see(self, name: str, found: Sequence[Tensor], tensors: Sequence[Tensor]) -> None:
        cast = values_of(tensors[0]) if name.startswith("_to_copy") and tensors else None
        found = [
            one
            for one in found
            if not self.watch.is_exact(values_of(one))
            and (cast is None or not self.watch.is_exact(values_of(one), cast))
        ]
        if not found or name.startswith(_MOVES):
            return
        self.watch.see(name, user_line(), in_backward())
        if self.watch.seed:
            shapes = [tuple(one.shape) for one in (*tensors, *found) if one.is_floating_point()]
            longest = max((size for shape in shapes for size in shape), default=1)
            steps = longest if name.startswith(_IN_STEPS) else 1
            for one in found:
                moved = self.watch.perturbed(one.detach().cpu().numpy(), steps)
                one.copy_(torch.from_numpy(moved))


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() if tensor.layout == torch.strided else id(tensor)
