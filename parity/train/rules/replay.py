"""Rules composed of their parts, and their replay from a record.

A rule has five parts, in this order: the gradient is clipped; a decay that is coupled adds a share
of the weight to it; the family makes a direction of it; a momentum follows; a decay that is
decoupled takes a share of the weight. The rate of every step is free: it is solved for by least
squares, so that a rule is recognised under any schedule, and the rates can be compared by
themselves.

The rate is inside of the momentum in Keras and TensorFlow (v = m v - rate d; w += v), and outside
of it in PyTorch (v = m v + d; w -= rate v): the two differ once the rate changes (pytorch#1099).
torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm, tf.clip_by_global_norm does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array
from parity.train.rules.families import FAMILIES, State
from parity.train.rules.record import Record

# An element's error counts relative to its own update, but not below these shares of the weight's
# typical update, and of the weight itself, whose last digits are rounded away.
_TYPICAL_SHARE, _WEIGHT_SHARE = 1e-3, 1e-4
_TORCH_CLIP_EPSILON = 1e-6


@dataclass(frozen=True)
class Rule:
    """Update rule without its numbers.

    `choices` are the family's own features; the other parts are features of every rule.
    """

    family: str
    choices: tuple[tuple[str, str], ...] = ()
    momentum: str = "none"
    clipping: str = "none"
    decay: str = "none"
    scope: str = "all weights"

    def features(self) -> dict[str, str]:
        """Return all features by name."""
        return {
            "family": self.family,
            **dict(self.choices),
            "momentum": self.momentum,
            "clipping": self.clipping,
            "decay": self.decay,
            "scope": self.scope if self.decay != "none" else "all weights",
        }

    def parameters(self) -> tuple[str, ...]:
        """Return the names of its numbers."""
        names = [*FAMILIES[self.family].parameters]
        if self.family == "adagrad" and ("epsilon", "inside") in self.choices:
            names.remove("epsilon")
        if self.momentum != "none":
            names.append("momentum")
        if self.momentum == "dampened":
            names.append("dampening")
        if self.clipping != "none":
            names.append("threshold")
        if self.decay != "none":
            names.append("decay")
        return tuple(names)


@dataclass(frozen=True)
class Replay:
    """Result of a replay: relative errors (P, T, N) and the rates solved for (P, T)."""

    errors: Array
    rates: Array

    def largest(self) -> Array:
        """Return the largest error of each parameter set, (P,); infinite where it is NaN."""
        found = np.abs(self.errors).max((1, 2))
        return np.where(np.isfinite(found), found, np.inf)


def replay(rule: Rule, params: Mapping[str, Array], record: Record) -> Replay:
    """Replay `rule` with P sets of parameters, each parameter (P, 1), along the record."""
    sets = max((len(value) for value in params.values()), default=1)
    errors = np.empty((sets, *record.gradients.shape))
    rates = np.empty((sets, record.steps))
    decayed = _decayed(rule, record)
    state: State = {}
    choices = dict(rule.choices)
    direction = FAMILIES[rule.family].direction
    scales = _scales(record)
    with np.errstate(all="ignore"):
        for step in range(record.steps):
            weight = record.weights[step]
            gradient = np.broadcast_to(record.gradients[step], errors[:, step].shape)
            gradient = _clip(rule.clipping, gradient, params, record, step)
            if rule.decay == "coupled":
                gradient = gradient + params["decay"] * decayed * weight
            ahead = direction(state, gradient, step + 1, params, choices)
            known, slope, follow = _momentum(rule.momentum, state, ahead, params)
            if rule.decay == "times the rate":
                slope = slope - params["decay"] * decayed * weight
            elif rule.decay == "not times the rate":
                known = known - params["decay"] * decayed * weight
            scaled = slope / scales[step]
            left = (record.weights[step + 1] - weight - known) / scales[step]
            rate = (scaled * left).sum(1, keepdims=True) / (scaled**2).sum(1, keepdims=True)
            rate = np.where(np.isfinite(rate), rate, 0.0)
            errors[:, step] = left - rate * scaled
            rates[:, step] = rate[:, 0]
            if follow is not None:
                state["velocity"] = follow - rate * ahead
    return Replay(errors, rates)


def _momentum(
    kind: str, state: State, ahead: Array, params: Mapping[str, Array]
) -> tuple[Array | float, Array, Array | None]:
    """Return the known part of the update, the part that the rate multiplies, and a velocity.

    The velocity lacks this step's part; it is None unless the rate is inside of the momentum.
    """
    if kind == "none":
        return 0.0, -ahead, None
    share = params["momentum"]
    if kind.startswith("inside"):
        faded = share * state.get("velocity", np.zeros_like(ahead))
        if kind.endswith("nesterov"):
            return share * faded, -(1 + share) * ahead, faded
        return faded, -ahead, faded
    taken = 1 - params["dampening"] if kind == "dampened" else 1.0
    # The first velocity of torch.optim.SGD is the gradient itself, without dampening.
    velocity = share * state["velocity"] + taken * ahead if "velocity" in state else ahead
    state["velocity"] = velocity
    return 0.0, -(ahead + share * velocity if kind.endswith("nesterov") else velocity), None


def _clip(
    kind: str, gradient: Array, params: Mapping[str, Array], record: Record, step: int
) -> Array:
    if kind == "none":
        return gradient
    threshold = params["threshold"]
    if kind == "value":
        limited: Array = np.clip(gradient, -threshold, threshold)
        return limited
    norms = record.norms[step]
    if kind.startswith("global norm"):
        norms = np.sqrt(np.sum(norms**2)) * np.ones_like(norms)
    if kind.endswith("1e-6"):
        norms = norms + _TORCH_CLIP_EPSILON
    shares: Array = np.minimum(1.0, threshold / norms[record.owner])
    return gradient * shares


def _decayed(rule: Rule, record: Record) -> Array:
    """Return 1 for each element whose weight decays, else 0, (N,)."""
    if rule.scope == "all weights":
        return np.ones(len(record.owner))
    matrices = np.asarray(record.matrices)[record.owner]
    return np.where(matrices if rule.scope == "matrices only" else ~matrices, 1.0, 0.0)


def _scales(record: Record) -> Array:
    """Return what each element's error is divided by, (T, N)."""
    moved = np.abs(np.diff(record.weights, axis=0))
    typical = np.sqrt(np.mean(moved**2, axis=1, keepdims=True))
    weights = np.abs(record.weights[:-1])
    scales: Array = moved + _TYPICAL_SHARE * typical + _WEIGHT_SHARE * weights
    return scales + 1e-300
