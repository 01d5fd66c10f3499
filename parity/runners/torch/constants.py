"""PyTorch's constants in a float64 run: made exact, or rounded to float32.

Every operation below autograd passes through here, those of the backward pass as well. A tensor
made from nothing but numbers is a constant, and so is the result of an operation on nothing but
constants; it has a twin, the same in float64. So are buffers with values that float32 cannot hold:
inputs and weights start out as float32. What depends on an input or a weight is data, and is never
changed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from parity.declaring.constants import ConstantChanges, round_to_float32
from parity.runners.constants import ChangingTracker, user_line
from parity.runners.torch.dispatched import (
    in_backward,
    needs_float64,
    tensors_in,
    values_of,
    written_by,
)
from parity.runners.torch.hidden_constants import HIDDEN, with_attention_scale
from parity.runners.torch.without_casts import in_float64, narrow_again, narrow_weights, widen

_TAG = "_parity_constant"
_DATA = "data"
"""Tag of a tensor that depends on an input or a weight."""
# Their values depend on no more than the shape of their input.
_OF_SHAPES: tuple[str, ...] = (
    "zeros_like",
    "ones_like",
    "full_like",
    "empty_like",
    "new_zeros",
    "new_ones",
)
_OF_SHAPES += ("new_ones", "new_full", "new_empty", "new_empty_strided")
# These pick elements of a table by integers, and change none of them.
_PICKS = ("index", "gather", "embedding", "index_select", "take")
# Their numbers say where or how often, and not how much.
_PLACES = ("upsample", "_upsample", "dropout", "native_dropout", "bernoulli", "grid_sampler")
_FACTORIES = (torch.tensor, torch.as_tensor, torch.asarray)

Run = Callable[[Any, Any], Any]


@dataclass
class _Constant:
    """Knowledge of a constant tensor.

    `twin` holds its exact values: the tensor itself if it was never rounded. `where` is the line
    that states it, `used` what took its place where it met data. `valid` is shared by all views of
    one memory, and false once data were written there.
    """

    twin: Tensor
    where: str = ""
    valid: list[bool] = field(default_factory=lambda: [True])
    used: Tensor | None = None


class ConstantTracker(TorchDispatchMode, ChangingTracker):  # type: ignore[no-untyped-call]
    """Every operation of a run, with its constants in the state that `changes` asks for."""

    def __init__(self, changes: ConstantChanges) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.changes = changes
        self._rounded: set[float] = set()

    @contextmanager
    def tracking(self) -> Iterator[None]:
        """See every operation of the block; what was compiled runs as it is written."""
        with torch.compiler.set_stance("force_eager"), _Factories(self), self:
            yield

    @contextmanager
    def holding(self, weights: Iterable[Any]) -> Iterator[None]:
        """Hold weights in float64 for the block, if casts are to be left out."""
        if not self.changes.without_casts:
            yield
            return
        narrow = narrow_weights(weights)
        widen(narrow)
        try:
            yield
        finally:
            with self.given():
                narrow_again(narrow)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func.overloadpacket.__name__
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        written = written_by(func, args, kwargs)
        if not self._is_constant(func, name, tensors):
            return self._on_data(func, name, args, kwargs, written)
        if written:
            return self._write(func, name, args, kwargs, written)
        return self._on_constants(func, name, args, kwargs, tensors)

    def _is_constant(self, func: Any, name: str, tensors: Sequence[Tensor]) -> bool:
        """Return whether an operation's results depend on no input or weight."""
        if self.paused or in_backward() or torch.Tag.nondeterministic_seeded in func.tags:
            return False
        if name in _OF_SHAPES:
            return True
        if name in _PICKS:
            tensors = [tensor for tensor in tensors if tensor.is_floating_point()] or tensors
        return all(self._constant(tensor) is not None for tensor in tensors)

    def _constant(self, tensor: Tensor) -> _Constant | None:
        """Return what is known of a constant; None for data."""
        tag = getattr(tensor, _TAG, None)
        if isinstance(tag, _Constant):
            return tag if tag.valid[0] else None
        if tag == _DATA or isinstance(tensor, torch.nn.Parameter) or in_backward():
            return None
        # Seen for the first time: a buffer, an input, or made from a numpy array.
        found = _Constant(tensor) if not self.paused and needs_float64(tensor) else None
        setattr(tensor, _TAG, found or _DATA)
        return found

    def is_data(self, tensor: Tensor) -> bool:
        """Return whether a tensor depends on an input or a weight."""
        return self._constant(tensor) is None

    def _on_constants(
        self, func: Any, name: str, args: Any, kwargs: Any, tensors: Sequence[Tensor]
    ) -> Any:
        """Run an operation on constants; where it ends in float64, it returns the exact values."""
        known = [tag for tensor in tensors if (tag := self._constant(tensor)) is not None]
        where = next((tag.where for tag in known if tag.where), "") or user_line()
        outputs = func(*args, **kwargs)
        if not isinstance(outputs, Tensor):
            twins = self._on_twins(func, args, kwargs)
            pairs = zip(tensors_in(outputs), tensors_in(twins), strict=True)
            for output, twin in pairs:
                setattr(output, _TAG, _Constant(twin, where, _memory(output, tensors, known)))
            return outputs
        output, twin = outputs, outputs
        inexact = any(tag.twin.dtype != t.dtype for tag, t in zip(known, tensors, strict=False))
        if output.dtype == torch.float32 or (inexact and output.is_floating_point()):
            twin = self._on_twins(func, args, kwargs, output.dtype)
        if output.dtype == torch.float64 and twin is not output:
            changed = self.changes.change(name, values_of(twin), values_of(output), where)
            output = twin = twin if changed else output
        setattr(output, _TAG, _Constant(twin, where, _memory(output, tensors, known)))
        return output

    def _on_twins(
        self, func: Any, args: Any, kwargs: Any, dtype: torch.dtype = torch.float64
    ) -> Any:
        """Run an operation on the twins; what would be made in float32 is made in float64."""
        args, kwargs = tree_map(self._twin, (args, kwargs))
        takes_dtype = any(argument.name == "dtype" for argument in func._schema.arguments)
        if takes_dtype and dtype == torch.float32:
            kwargs = {**kwargs, "dtype": torch.float64}
        return func(*args, **kwargs)

    def _twin(self, value: Any) -> Any:
        tag = self._constant(value) if isinstance(value, Tensor) else None
        return value if tag is None else tag.twin

    def _write(
        self, func: Any, name: str, args: Any, kwargs: Any, written: Sequence[Tensor]
    ) -> Any:
        """Change constants in place, and their twins."""
        own = [tag for tensor in written if (tag := self._constant(tensor)) is not None]
        if any(tag.twin is not t for tag, t in zip(own, written, strict=True)):
            self._on_twins(func, args, kwargs)
            return func(*args, **kwargs)
        copies = [tensor.clone() for tensor in written]
        func(*tree_map(_replaced(written, copies), args), **kwargs)
        before = [tensor.clone() for tensor in written]
        output = self._on_twins(func, args, kwargs)
        for tensor, held, old in zip(written, copies, before, strict=True):
            if tensor.dtype != torch.float64 or torch.equal(tensor, held):
                continue
            if not self.changes.change(name, values_of(tensor), values_of(held), user_line()):
                tensor.copy_(old)
                return func(*args, **kwargs)
        return output

    def _on_data(
        self, func: Any, name: str, args: Any, kwargs: Any, written: Sequence[Tensor]
    ) -> Any:
        """Run an operation on data, with its constants in their state; its results are data."""
        self._now_data(written)
        if self.paused or self.is_building:
            return mark_as_data(func(*args, **kwargs))
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if self.changes.without_casts:
            args, kwargs = in_float64(args, kwargs, written, self.is_data)
            tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        double = any(
            t.dtype == torch.float64 and t.ndim and self._constant(t) is None for t in tensors
        )

        def in_state(value: Any) -> Any:
            if isinstance(value, float):
                return self._number(name, value)
            if isinstance(value, Tensor) and value.is_floating_point() and double:
                return self._tensor(name, value)
            return value

        args, kwargs = tree_map(in_state, (args, kwargs))
        output = None
        if double and name in HIDDEN:
            output = HIDDEN[name](self.changes, *args, **kwargs)
        if output is None:
            kwargs = with_attention_scale(self.changes, name, args, kwargs)
            output = func(*args, **kwargs)
        return mark_as_data(output)

    def _now_data(self, written: Sequence[Tensor]) -> None:
        """Take tensors that data was written to for data."""
        for tensor in written:
            tag = getattr(tensor, _TAG, None)
            if isinstance(tag, _Constant):
                tag.valid[0] = False
            setattr(tensor, _TAG, _DATA)

    def _number(self, name: str, value: float) -> float:
        """Return a number in its state; a gradient's, as it was in the forward pass."""
        if self.changes.state != "rounded" or name.startswith(_PLACES):
            return value
        held = float(round_to_float32(np.array(value)))
        if in_backward():
            return held if abs(value) in self._rounded else value
        if not self.changes.change(name, np.array(value), np.array(held), user_line()):
            return value
        self._rounded.add(abs(value))
        return held

    def _tensor(self, name: str, tensor: Tensor) -> Tensor:
        """Return a constant tensor in its state; a gradient's, as it was in the forward pass."""
        tag = self._constant(tensor)
        if tag is None or tag.twin.dtype != torch.float64:
            return tensor
        if tag.used is None and not in_backward():
            exact, as_is = values_of(tag.twin), values_of(tensor)
            held = round_to_float32(exact) if self.changes.state == "rounded" else exact
            # Noted is what changes: an exact table, or the exact one rounded.
            other = as_is if self.changes.state == "exact" else held
            changed = self.changes.change(name, exact, other, tag.where)
            tag.used = torch.from_numpy(held) if changed else tensor
        return tensor if tag.used is None else tag.used


class _Factories(TorchFunctionMode):
    """Notes the exact values of tensors made from Python numbers, which float32 would lose."""

    def __init__(self, tracker: ConstantTracker) -> None:
        super().__init__()
        self._tracker = tracker

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if func not in _FACTORIES or self._tracker.paused:
            return output
        data = args[0] if args else (kwargs or {}).get("data")
        if any(isinstance(leaf, Tensor) for leaf in tree_leaves(data)):
            return output
        twin = output
        if output.dtype == torch.float32:
            twin = torch.from_numpy(np.array(data, np.float64))
            setattr(twin, _TAG, _Constant(twin))
        setattr(output, _TAG, _Constant(twin, user_line()))
        return output


def mark_as_data(output: Any) -> Any:
    """Mark what an operation returned as data."""
    for tensor in tensors_in(output):
        setattr(tensor, _TAG, _DATA)
    return output


def _memory(output: Tensor, tensors: Sequence[Tensor], known: Sequence[_Constant]) -> list[bool]:
    """Return what an output shares with the input that it is a view of."""
    for tensor, tag in zip(tensors, known, strict=False):
        if tensor.untyped_storage().data_ptr() == output.untyped_storage().data_ptr() != 0:
            return tag.valid
    return [True]


def _replaced(old: Sequence[Tensor], new: Sequence[Tensor]) -> Callable[[Any], Any]:
    by_id = {id(one): other for one, other in zip(old, new, strict=True)}
    return lambda value: by_id.get(id(value), value)
