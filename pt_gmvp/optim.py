"""What training minimises, and how: the loss, the learning rate, and Keras' optimisers."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, overload

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torch.optim.optimizer import ParamsT


def loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean sigmoid cross-entropy of logits (B,) with labels (B,), 0 or 1; a scalar."""
    labels = labels.to(logits.dtype)
    # Not torch's own, whose gradient is sigmoid(logit) - label: where the model is sure and right,
    # nearly all digits cancel. TensorFlow's keeps them, and so does this.
    right = labels * functional.logsigmoid(logits) + (1 - labels) * functional.logsigmoid(-logits)
    return -right.mean()


def learning_rate(
    step: int,
    base: float = 1e-3,
    end: float = 1e-4,
    warmup_steps: int = 100,
    decay_steps: int = 2000,
) -> float:
    """Learning rate of a step, the first being 0; the defaults are the released ones.

    It rises linearly to `base` over `warmup_steps`, of which the first has base / warmup_steps;
    then falls linearly to `end` over `decay_steps`, and stays there.
    """
    if step < warmup_steps:
        return base * (step + 1) / warmup_steps
    passed = min((step - warmup_steps) / decay_steps, 1.0)
    return base + (end - base) * passed


class WarmupLinearDecay(LRScheduler):
    """`learning_rate` as a scheduler, for every group alike; its `step` follows the optimiser's.

    The rate that the optimiser was made with plays no part.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base: float = 1e-3,
        end: float = 1e-4,
        warmup_steps: int = 100,
        decay_steps: int = 2000,
        last_epoch: int = -1,
    ) -> None:
        self.schedule = {
            "base": base,
            "end": end,
            "warmup_steps": warmup_steps,
            "decay_steps": decay_steps,
        }
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | Tensor]:
        """Rate of the step that comes next, once for each group."""
        rate = learning_rate(self.last_epoch, **self.schedule)  # type: ignore[arg-type]
        return [rate] * len(self.optimizer.param_groups)


class KerasAdam(Optimizer):
    """Adam by Keras' rule, which adds epsilon before the bias is corrected.

    Step t takes lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps) off a weight, with m and v
    the running means of its gradient and of the gradient's square. `torch.optim.Adam` corrects v
    first, so that its epsilon weighs more in the first steps.

    Args:
        params: as every PyTorch optimiser takes them.
        lr: learning rate.
        betas: how much of m and of v is kept at each step.
        eps: epsilon.
        weight_decay: this fraction of a weight is taken off as well, NOT multiplied by the rate.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-7,
        weight_decay: float = 0.0,
    ) -> None:
        refused = [
            name for name, beta in zip(("b1", "b2"), betas, strict=True) if not 0 <= beta < 1
        ]
        if refused or lr < 0 or eps < 0 or weight_decay < 0:
            raise ValueError(
                f"lr {lr}, betas {betas}, eps {eps}, weight_decay {weight_decay}; "
                "expected betas from 0 to below 1, and none of the others negative"
            )
        defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Update every weight that has a gradient; return what `closure` does."""
        result = None
        if closure is not None:
            with torch.enable_grad():
                result = closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._update(weight, weight.grad, group)
        return result

    def _update(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if not state:
            state["step"] = 0
            state["mean"] = torch.zeros_like(weight)
            state["mean_square"] = torch.zeros_like(weight)
        state["step"] += 1
        rate = group["lr"] * _bias_correction(*group["betas"], state["step"], weight.dtype)
        if group["weight_decay"]:
            weight.sub_(weight, alpha=group["weight_decay"])
        arrays = weight, gradient, state["mean"], state["mean_square"]
        if weight.device.type == "cpu" and all(array.is_contiguous() for array in arrays):
            _take_at_once(*arrays, float(rate), group, state["step"])
        else:
            _take(*arrays, float(rate), group)


def _take(w: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: float, group: dict[str, Any]) -> None:
    b1, b2 = group["betas"]
    m.add_(g - m, alpha=1 - b1)
    v.add_(g.square().sub_(v), alpha=1 - b2)
    w.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-rate)


def _take_at_once(
    w: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: float, group: dict[str, Any], step: int
) -> None:
    """Do as `_take` does, by torch's own kernel: it reads each array once, four times as fast.

    Its step is lr / (1 - b1^t) * m / (sqrt(v) / r + e), where r = sqrt(1 - b2^t). With e = eps / r
    that is lr * r / (1 - b1^t) * m / (sqrt(v) + eps).
    """
    b1, b2 = group["betas"]
    root = math.sqrt(1 - b2**step)
    torch._fused_adam_(
        *([w], [g], [m], [v], [], [torch.tensor(float(step))]),
        lr=rate * (1 - b1**step) / root,
        beta1=b1,
        beta2=b2,
        weight_decay=0.0,
        eps=group["eps"] / root,
        amsgrad=False,
        maximize=False,
    )


@lru_cache(maxsize=64)
def _bias_correction(b1: float, b2: float, step: int, dtype: torch.dtype) -> float:
    """Compute sqrt(1 - b2^t) / (1 - b1^t) in the weight's precision, as Keras does.

    In float32, 1 - 0.999 is off by 1.3e-5 of itself, which makes every step smaller by half that:
    nothing to worry about, but a hundred times the rounding of all else, and to be seen in the
    losses of ten steps.
    """
    # Lower precisions would round b2 up to 1, and the step to nothing.
    precision = torch.promote_types(dtype, torch.float32)
    kept = torch.tensor([b1, b2], dtype=precision, device="cpu") ** step
    return float((1 - kept[1]).sqrt() / (1 - kept[0]))


class AddonsAdamW(KerasAdam):
    """AdamW by the rule of the retired tensorflow_addons, with that package's epsilon.

    At each step it takes weight_decay * w off a weight, whatever the learning rate, and Adam's own
    step besides; `torch.optim.AdamW` multiplies the decay by the learning rate.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-4,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)
