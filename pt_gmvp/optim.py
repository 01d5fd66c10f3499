"""Loss, learning rate, and Keras' optimisers."""

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
    """Return the mean sigmoid cross-entropy of logits (B,) and labels (B,), 0 or 1; a scalar."""
    labels = labels.to(logits.dtype)
    # Not torch's own, whose gradient is sigmoid(logit) - label: if the model is sure and right,
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
    """Return the learning rate of a step, the first being 0; the defaults are the release's.

    It rises linearly to `base` over `warmup_steps`, starting with base / warmup_steps; then it
    falls linearly to `end` over `decay_steps`, and stays there.
    """
    if step < warmup_steps:
        return base * (step + 1) / warmup_steps
    passed = min((step - warmup_steps) / decay_steps, 1.0)
    return base + (end - base) * passed


class WarmupLinearDecay(LRScheduler):
    """`learning_rate` as a scheduler, the same for all groups; call `step` after the optimiser's.

    The rate that the optimiser was made with has no effect.
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
        """Return the rate of the next step, once for each group."""
        rate = learning_rate(self.last_epoch, **self.schedule)  # type: ignore[arg-type]
        return [rate] * len(self.optimizer.param_groups)


class KerasAdam(Optimizer):
    """Adam by Keras' rule, which adds epsilon before the bias correction.

    Step t subtracts lr * sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps) from a weight, with m
    and v the running means of its gradient and of the gradient's square. `torch.optim.Adam`
    corrects v first, so that its epsilon weighs more in the first steps.

    Args:
        params: as for every PyTorch optimiser.
        lr: learning rate.
        betas: fractions of m and of v that are kept at each step.
        eps: epsilon.
        weight_decay: fraction of a weight to subtract as well, NOT multiplied by the rate.
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
        """Update every weight that has a gradient; return the result of `closure`."""
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
            _update_weight_fused(*arrays, float(rate), group, state["step"])
        else:
            _update_weight(*arrays, float(rate), group)


def _update_weight(
    w: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: float, group: dict[str, Any]
) -> None:
    b1, b2 = group["betas"]
    m.add_(g - m, alpha=1 - b1)
    v.add_(g.square().sub_(v), alpha=1 - b2)
    w.addcdiv_(m, v.sqrt().add_(group["eps"]), value=-rate)


def _update_weight_fused(
    w: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: float, group: dict[str, Any], step: int
) -> None:
    """Do as `_update_weight` does, by torch's kernel, which reads each array once: 4 times as fast.

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
    """Return sqrt(1 - b2^t) / (1 - b1^t), computed in the weight's precision as in Keras.

    In float32, 1 - 0.999 has a relative error of 1.3e-5, which makes every step smaller by half
    that: harmless, but a hundred times all other rounding, and visible in the losses of ten steps.
    """
    # Lower precisions would round b2 up to 1, and the step down to 0.
    precision = torch.promote_types(dtype, torch.float32)
    kept = torch.tensor([b1, b2], dtype=precision, device="cpu") ** step
    return float((1 - kept[1]).sqrt() / (1 - kept[0]))


class AddonsAdamW(KerasAdam):
    """AdamW by the rule of the retired tensorflow_addons, with that package's epsilon.

    Each step subtracts weight_decay * w from a weight, whatever the learning rate, in addition to
    Adam's own step; `torch.optim.AdamW` multiplies the decay by the learning rate.
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
