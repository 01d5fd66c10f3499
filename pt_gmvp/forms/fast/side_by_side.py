"""Slices of a batch, each on its own core, forward and backward.

A slice's arrays are small: threads that share each of its many steps wait for each other more than
they work. So one thread runs a whole slice. Results, and sums of gradients, are taken in the
slices' order: the same bits with any number of threads.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from pt_gmvp.forms.threads import spread

Intermediates = dict[str, Tensor]


def side_by_side(
    run: Callable[..., Intermediates],
    items: Sequence[Any],
    given: Sequence[Tensor],
    parameters: Iterable[Tensor],
) -> list[Intermediates]:
    """Compute run(item, *given) for each item, with gradients.

    Args:
        run: returns tensors by name, the same names for all items. Called by several threads.
        items: what to run it on.
        given: tensors that it takes; those that require gradients get them.
        parameters: leaves that `run` uses itself and that get gradients too.
    """
    # In the forward pass of a Function gradients are always disabled.
    mode = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
    names: list[str] = []
    wanted = [parameter for parameter in parameters if parameter.requires_grad]
    flat = _SideBySide.apply(run, items, mode, names, len(given), *given, *wanted)  # type: ignore[no-untyped-call]
    width = len(names)
    return [
        dict(zip(names, flat[start : start + width], strict=True))
        for start in range(0, len(flat), width)
    ]


class _SideBySide(Function):
    @staticmethod
    def forward(
        ctx: Any,
        run: Callable[..., Intermediates],
        items: Sequence[Any],
        mode: tuple[bool, bool],
        names: list[str],
        count: int,
        *tensors: Tensor,
    ) -> tuple[Tensor, ...]:
        recorded, inference = mode
        asked = ctx.needs_input_grad[-len(tensors) :]

        def one(item: Any) -> Intermediates:
            with torch.inference_mode(inference), torch.set_grad_enabled(recorded):
                return run(item, *given)

        with torch.inference_mode(inference):
            given = [x.detach() for x in tensors[:count]]
        for x, needed in zip(given, asked, strict=False):
            x.requires_grad_(recorded and needed)
        found = spread(one, items)
        names += found[0]
        ctx.found = [list(intermediates.values()) for intermediates in found]
        ctx.sources = [*given, *tensors[count:]]
        ctx.set_materialize_grads(False)
        every = [x for intermediates in ctx.found for x in intermediates]
        flat = [x.detach() for x in every]
        pairs = zip(flat, every, strict=True)
        ctx.mark_non_differentiable(*(mine for mine, x in pairs if not x.requires_grad))
        return tuple(flat)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        needed = [x.requires_grad for x in ctx.sources]
        sources = [x for x in ctx.sources if x.requires_grad]
        width = len(ctx.found[0])

        def one(number: int) -> Sequence[Tensor | None]:
            mine = gradients[number * width : (number + 1) * width]
            pairs = [(x, g) for x, g in zip(ctx.found[number], mine, strict=True) if g is not None]
            if not pairs:
                return [None] * len(sources)
            outputs, by_outputs = zip(*pairs, strict=True)
            # Retained for callers that compute gradients more than once.
            return torch.autograd.grad(
                outputs, sources, by_outputs, retain_graph=True, allow_unused=True
            )

        parts = spread(one, range(len(ctx.found)))
        sums = iter(spread(_sum, list(zip(*parts, strict=True))))
        return None, None, None, None, None, *(next(sums) if x else None for x in needed)


def _sum(parts: Sequence[Tensor | None]) -> Tensor | None:
    """Sum in order what is not None."""
    total = None
    owned = False
    for part in parts:
        if part is None:
            continue
        if total is None:
            total = part
        elif owned:
            total += part
        else:
            total, owned = total + part, True
    return total
