"""Known bugs in Adam and AdamW, for any pair that takes steps with given gradients.

The pair has one input with the weights, float (*shape), and one with a gradient for each step,
float (steps, *shape). Its outputs "step_1", "step_2", ... are the weights after each step; further
outputs hold the optimizer's state. Tiny gradients show where epsilon is added, and gradients of
zero show how weights decay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import ChangedOutputs, KnownBug
from parity.declaring.trace import Task


@dataclass(frozen=True)
class Adam:
    """Update rule of Adam or AdamW.

    Args:
        rate: the learning rate of each step, counted from 0.
        epsilon: the epsilon of the denominator.
        decay: decoupled weight decay; 0 for plain Adam.
        decay_times_rate: whether the decay is multiplied by the learning rate, as in PyTorch.
        corrected_first: whether epsilon is added after the bias correction, as in PyTorch, or
            before it, as in Keras.
        l2: the factor of the weights that is added to the gradient.
        corrected: whether there is a bias correction.
        betas: the decay rates of the two moments.
    """

    rate: Callable[[int], float]
    epsilon: float
    decay: float = 0.0
    decay_times_rate: bool = False
    corrected_first: bool = False
    l2: float = 0.0
    corrected: bool = True
    betas: tuple[float, float] = (0.9, 0.999)


def weight_after_step(step: int, weight: Array, mean: Array, mean_square: Array) -> Arrays:
    """Return the outputs after a step, counted from 1, of a pair that returns only the weights."""
    return {f"step_{step}": weight}


def generate_adam_bugs(
    right: Adam,
    layer: str,
    config: str,
    weight: str = "weight",
    gradients: str = "gradients",
    after: Callable[[int, Array, Array, Array], Arrays] = weight_after_step,
) -> Iterator[KnownBug]:
    """Yield the known bugs of a pair's optimizer, which follows `right` under one configuration.

    Args:
        right: the right update rule.
        layer: the pair.
        config: the configuration.
        weight, gradients: the names of the inputs.
        after: returns the pair's outputs after a step, given the step (from 1), the weights and
            the two moments; other outputs are left unchanged.
    """

    def bug(number: int | None, what: str, wrong: Adam) -> KnownBug:
        def apply(outputs: Arrays, task: Task) -> Arrays:
            changed = dict(outputs)
            for step in take_steps(wrong, task.inputs[weight], task.inputs[gradients]):
                for name, array in after(*step).items():
                    changed[name] = array.astype(outputs[name].dtype)
            return changed

        return KnownBug(number, what, config, ChangedOutputs(apply), layer, config)

    where = "before" if right.corrected_first else "after"
    wrong = replace(right, corrected_first=not right.corrected_first)
    yield bug(8, f"epsilon {where} the bias correction", wrong)
    yield bug(None, "no bias correction", replace(right, corrected=False))
    yield bug(None, "the two betas swapped", replace(right, betas=right.betas[::-1]))
    if right.decay:
        how = "not multiplied" if right.decay_times_rate else "multiplied"
        wrong = replace(right, decay_times_rate=not right.decay_times_rate)
        yield bug(10, f"weight decay {how} by the learning rate", wrong)
        wrong = replace(right, decay=0.0, l2=right.decay)
        yield bug(11, "L2 in the gradient instead of weight decay", wrong)


def take_steps(
    rule: Adam, weight: Array, gradients: Array
) -> Iterator[tuple[int, Array, Array, Array]]:
    """Yield the number of each step, from 1, and the weights and both moments after it, in float64.

    D. P. Kingma and J. Ba, Adam: a method for stochastic optimization, arXiv:1412.6980;
    I. Loshchilov and F. Hutter, Decoupled weight decay regularization, arXiv:1711.05101.
    """
    weight = weight.astype(np.float64)
    mean = square = np.zeros_like(weight)
    for step, given in enumerate(gradients.astype(np.float64)):
        gradient, rate = given + rule.l2 * weight, rule.rate(step)
        one, two = rule.betas
        mean = one * mean + (1 - one) * gradient
        square = two * square + (1 - two) * gradient**2
        first, second = (1 - beta ** (step + 1) if rule.corrected else 1.0 for beta in rule.betas)
        weight = weight - rule.decay * (rate if rule.decay_times_rate else 1) * weight
        if rule.corrected_first:
            weight = weight - rate * (mean / first) / (np.sqrt(square / second) + rule.epsilon)
        else:
            factor = rate * np.sqrt(second) / first
            weight = weight - factor * mean / (np.sqrt(square) + rule.epsilon)
        yield step + 1, weight, mean, square
