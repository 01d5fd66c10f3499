"""Mistakes in Adam and AdamW, for any pair that takes steps with gradients handed in.

The pair has an input with the weights, float (*shape), and one with a gradient for each step,
(steps, *shape); its outputs "step_1", "step_2", ... are the weights after each step, others what
the optimizer keeps. Tiny gradients tell where epsilon stands, gradients of zero how weights decay.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import KnownBug
from parity.declaring.trace import Task


@dataclass(frozen=True)
class Adam:
    """How a right optimizer takes its steps.

    Args:
        rate: the learning rate of each step, counted from 0.
        epsilon: of the denominator.
        decay: what the weights lose in each step, decoupled from the gradient; 0 for plain Adam.
        decay_times_rate: whether the learning rate is a factor of that, as in PyTorch.
        corrected_first: whether epsilon is added after the bias correction, as in PyTorch; in Keras
            before.
        l2: what of the weights is added to the gradient.
        corrected: whether there is a bias correction.
        betas: of the two moments.
    """

    rate: Callable[[int], float]
    epsilon: float
    decay: float = 0.0
    decay_times_rate: bool = False
    corrected_first: bool = False
    l2: float = 0.0
    corrected: bool = True
    betas: tuple[float, float] = (0.9, 0.999)


def weight_alone(step: int, weight: Array, mean: Array, mean_square: Array) -> Arrays:
    """The outputs after a step, counted from 1, of a pair that gives weights and nothing else."""
    return {f"step_{step}": weight}


def known_bugs(
    right: Adam,
    layer: str,
    config: str,
    weight: str = "weight",
    gradients: str = "gradients",
    after: Callable[[int, Array, Array, Array], Arrays] = weight_alone,
) -> Iterator[KnownBug]:
    """Every known way to get the optimizer of a pair wrong.

    Args:
        right: as it should be.
        layer: the pair.
        config: the configuration under which its optimizer is `right`.
        weight: the input with the weights.
        gradients: the input with the gradients.
        after: names the pair's outputs after a step, from its number (from 1), the weights and the
            two moments; other outputs stay as they are.
    """

    def made(trap: int | None, what: str, wrong: Adam) -> KnownBug:
        def outputs(given: Arrays, task: Task) -> Arrays:
            found = dict(given)
            for step in _steps(wrong, task.inputs[weight], task.inputs[gradients]):
                for name, array in after(*step).items():
                    found[name] = array.astype(given[name].dtype)
            return found

        return KnownBug(trap, what, config, outputs=outputs, layer=layer, config=config)

    where = "before" if right.corrected_first else "after"
    yield made(
        8,
        f"epsilon {where} the bias correction",
        replace(right, corrected_first=not right.corrected_first),
    )
    yield made(None, "no bias correction", replace(right, corrected=False))
    yield made(None, "the two betas exchanged", replace(right, betas=right.betas[::-1]))
    if right.decay:
        how = "not times" if right.decay_times_rate else "times"
        wrong = replace(right, decay_times_rate=not right.decay_times_rate)
        yield made(10, f"weight decay {how} the learning rate", wrong)
        wrong = replace(right, decay=0.0, l2=right.decay)
        yield made(11, "l2 in the gradient for weight decay", wrong)


def _steps(
    rule: Adam, weight: Array, gradients: Array
) -> Iterator[tuple[int, Array, Array, Array]]:
    """The number of each step, from 1, and the weights and both moments after it, in float64.

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
