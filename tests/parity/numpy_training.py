"""Port in numpy whose two sides train a small net; a bug can be planted in the candidate.

The candidate computes the same in another order, so that it rounds differently. One column of the
inputs is tiny, and so are the gradients of its weights.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from parity import Built, Configuration, InputSet, Learner, Pair, Port, Side, Training, TrainingSide
from parity.arrays import Array, Arrays
from parity.declaring.weight import Options, Weight

INPUTS, WIDTH = 5, 4
WEIGHTS = (
    Weight("hidden/kernel", (INPUTS, WIDTH), ("hidden/kernel",)),
    Weight("hidden/bias", (WIDTH,), ("hidden/bias",)),
    Weight("out/kernel", (WIDTH,), ("out/kernel",)),
    Weight("center", (INPUTS,), ("center",)),
)
TRAINED = ("hidden/kernel", "hidden/bias", "out/kernel")
RATE, WARMUP, DECAY, EPSILON, MOMENTUM = 1e-2, 4, 1e-4, 1e-7, 0.9


class Net:
    """tanh(x W + b + 0.3) under three masks, a linear output and a mean square; Keras' Adam."""

    def __init__(self, dtype: str, reverse: bool = False, bug: str = "") -> None:
        self.dtype, self.bug = np.dtype(dtype).type, bug
        self.order = slice(None, None, -1 if reverse else 1)
        self.parameters = {w.name: np.zeros(w.shape, dtype) for w in WEIGHTS}
        self.reset()

    def reset(self) -> None:
        zeros = {name: np.zeros_like(array) for name, array in self.parameters.items()}
        self.mean, self.square = dict(zeros), dict(zeros)
        self.kept: Arrays = {}
        self.taken = 0

    def product(self, one: Array, other: Array) -> Array:
        return one[..., self.order] @ other[self.order]

    def forward(self, x: Array, y: Array, masks: Array) -> tuple[Array, Arrays]:
        first, second, third = masks
        z = self.product(x, self.parameters["hidden/kernel"]) + self.parameters["hidden/bias"]
        t = np.tanh(z * first + self.dtype(0.3))
        h = t * second + self.dtype(0.1) * z * third
        error = self.product(h, self.parameters["out/kernel"]) - y
        loss = (error[self.order] ** 2).mean()
        slope = 2 * error / self.dtype(len(y))
        dh = slope[:, None] * self.parameters["out/kernel"]
        dz = dh * ((1 - t**2) * first * second + self.dtype(0.1) * third)
        return loss, {
            "hidden/kernel": self.product(x.T, dz),
            "hidden/bias": dz[self.order].sum(0),
            "out/kernel": self.product(h.T, slope),
        }

    def step(self, batch: Arrays) -> tuple[Array, Arrays]:
        average = batch["x"].mean(0)
        masks = batch["masks"]
        if self.bug == "masks not applied":
            masks = np.ones_like(masks)
        if self.bug == "masks in another order":
            masks = masks[[2, 1, 0]]
        loss, gradients = self.forward(batch["x"] - average, batch["y"], masks)
        if self.bug == "a sum for the mean":
            loss = loss * len(batch["y"])
        if self.bug == "a loss scaled before its backward":
            gradients = {name: 2 * g for name, g in gradients.items()}
        if self.bug in ("a weight left untrained", "a gradient detached"):
            cut = TRAINED[:1] if self.bug == "a weight left untrained" else TRAINED[:2]
            gradients = {n: 0 * g if n in cut else g for n, g in gradients.items()}
        if self.bug == "a wrong backward":
            gradients["hidden/bias"] = gradients["hidden/bias"][::-1].copy()
        if self.bug == "gradients not set to zero":
            self.kept = {n: g + self.kept.get(n, 0) for n, g in gradients.items()}
            gradients = self.kept
        self.update(gradients)
        momentum = 1 - MOMENTUM if self.bug == "the other momentum" else MOMENTUM
        center = self.parameters["center"]
        center[...] = self.dtype(momentum) * center + self.dtype(1 - momentum) * average
        return loss, gradients

    def update(self, gradients: Arrays) -> None:
        late = self.bug == "warm-up from 0"
        rate = RATE * min((self.taken + (not late)) / WARMUP, 1)
        if self.bug == "a rate kept in float32":
            rate = float(np.float32(rate))
        self.taken += 1
        first, second = 1 - 0.9**self.taken, 1 - 0.999**self.taken
        for name, gradient in gradients.items():
            if self.bug == "a weight the optimizer has not" and name == "out/kernel":
                continue
            weight = self.parameters[name]
            if self.bug == "l2 in the gradient":
                gradient = gradient + self.dtype(DECAY) * weight
            self.mean[name] = self.dtype(0.9) * self.mean[name] + self.dtype(0.1) * gradient
            self.square[name] = (
                self.dtype(0.999) * self.square[name] + self.dtype(0.001) * gradient**2
            )
            decay = DECAY * (rate if self.bug == "decay times the rate" else 1)
            weight -= self.dtype(0 if self.bug == "l2 in the gradient" else decay) * weight
            if self.bug == "epsilon after the bias correction":
                root = np.sqrt(self.square[name] / self.dtype(second))
                mean = self.mean[name] / self.dtype(first)
                weight -= self.dtype(rate) * mean / (root + self.dtype(EPSILON))
            else:
                root = np.sqrt(self.square[name]) + self.dtype(EPSILON)
                weight -= self.dtype(rate * second**0.5 / first) * self.mean[name] / root

    def evaluate(self, records: Arrays) -> Array:
        masks = np.ones((3, len(records["y"]), WIDTH), self.dtype)
        if self.bug == "dropout left on in evaluation":
            masks[1] *= self.dtype(0.5)
        return self.forward(records["x"] - self.parameters["center"], records["y"], masks)[0]


def side(make: Callable[[str], Any]) -> TrainingSide:
    def build(options: Options, dtype: str) -> Learner:
        net = make(dtype)
        return Learner(net.step, net.parameters, net.evaluate, net.reset)

    return TrainingSide("numpy", build)


def draw_masks(options: Options, records: int, random: np.random.Generator) -> Arrays:
    kept = random.random((3, records, WIDTH)) < 0.6
    return {"masks": (kept / 0.6).astype(np.float32)}


def load(source: str | None, seed: int, count: int) -> InputSet:
    """Draw targets that nothing explains, or, for `source` "easy", that the first columns do."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, INPUTS)).astype(np.float32)
    x[:, -1] *= np.float32(1e-6)
    y = x[:, 0] - x[:, 1] if source == "easy" else random.normal(size=count)
    return InputSet("drawn", {"x": x, "y": y.astype(np.float32)})


def make(bug: str = "") -> Training:
    return Training(
        "adam",
        side(lambda dtype: Net(dtype)),
        side(lambda dtype: Net(dtype, reverse=True, bug=bug)),
        lambda options: WEIGHTS,
        masks=draw_masks,
    )


_same = Side("numpy", lambda options, dtype: Built(lambda inputs: {"x": inputs["x"]}))
_pair = Pair(
    "itself", _same, _same, (Configuration("default", {}),), lambda given: given.inputs.arrays
)
port = Port("numpy_training", (_pair,), load, trainings=(make(),))
