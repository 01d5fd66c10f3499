"""What a user declares to have both sides trained in lockstep, and what they are trained on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np

from parity.arrays import Arrays
from parity.declaring.inputs import InputSet, generator
from parity.declaring.weight import Options, Weight
from parity.errors import ParityError


@dataclass(frozen=True)
class Learner:
    """A model with its loss and its optimizer, built in one framework and one dtype.

    `step` takes a batch, named tensors of its framework with the masks among them, and makes one
    whole step of training. It returns the loss from before the update, a scalar, and the gradients
    by the keys of `parameters`; one that has none is None or left out. `parameters` are as
    `parity.declaring.port.Built` has them, new ones in every build, with what training moves by
    other means, such as running statistics. `evaluate` gives the loss of records in evaluation.
    `reset` brings everything but `parameters` back to the start; without it a second run is
    built anew.
    """

    step: Callable[[dict[str, Any]], tuple[Any, Mapping[str, Any]]]
    parameters: Mapping[str, Any]
    evaluate: Callable[[dict[str, Any]], Any] | None = None
    reset: Callable[[], None] | None = None


@dataclass(frozen=True)
class TrainingSide:
    """The framework's name, as for `Side`, and a factory `(options, dtype) -> Learner`.

    A float64 learner is to be wholly float64, its optimizer too.
    """

    framework: str
    build: Callable[[Options, str], Learner]


def _no_masks(options: Options, records: int, random: np.random.Generator) -> Arrays:
    return {}


@dataclass(frozen=True)
class Training:
    """A model, its loss and its optimizer's rule on both sides.

    `masks` draws what a framework would draw for itself in training, above all dropout masks, as
    float32 arrays for a batch of so many records; both sides are handed the same.
    """

    name: str
    reference: TrainingSide
    candidate: TrainingSide
    weights: Callable[[Options], tuple[Weight, ...]]
    options: Options = field(default_factory=dict)
    masks: Callable[[Options, int, np.random.Generator], Arrays] = _no_masks
    about: str = ""


@dataclass(frozen=True)
class Course:
    """What is trained on: so many steps, each on the next records of one shuffled epoch after
    another, and the records that are held out. The same for everybody under one seed.

    Raises ParityError if there are fewer records than a batch takes.
    """

    records: InputSet
    held_out: InputSet | None
    steps: int
    batch_size: int
    seed: int

    def __post_init__(self) -> None:
        if self.batch_size > self.count:
            raise ParityError(
                f"a batch of {self.batch_size} is more than the {self.count} records to train on; "
                "name a smaller --batch-size or more records"
            )

    @property
    def count(self) -> int:
        """How many records are trained on."""
        return _count(self.records)

    def batch(self, step: int, training: Training) -> Arrays:
        """The records and masks of a step, counted from 1."""
        places = np.arange((step - 1) * self.batch_size, step * self.batch_size)
        rows = [self._order(int(place) // self.count)[place % self.count] for place in places]
        random = generator(f"masks/{step}", self.seed)
        masks = training.masks(training.options, self.batch_size, random)
        return {**{name: array[rows] for name, array in self.records.arrays.items()}, **masks}

    def _order(self, epoch: int) -> np.ndarray[Any, Any]:
        return generator(f"order/{epoch}", self.seed).permutation(self.count)

    def shown(self) -> tuple[int, ...]:
        """The steps that a table shows: 1, 2, 5, 10, 20, 50, ..., and the last."""
        spaced = (digit * 10**power for power in range(10) for digit in (1, 2, 5))
        return tuple(sorted({self.steps, *(step for step in spaced if step < self.steps)}))

    def looks(self) -> tuple[int, ...]:
        """The steps after which losses are taken in evaluation: some twenty, and those shown.

        Step 0 is before the first.
        """
        every = max(1, self.steps // 20)
        return tuple(sorted({0, *range(every, self.steps, every), *self.shown()}))


def split(inputs: InputSet, share: float, seed: int) -> tuple[InputSet, InputSet | None]:
    """Records to train on and records held out, drawn by the seed; None for a share of 0."""
    count = _count(inputs)
    held = min(ceil(share * count), count - 1)
    if held <= 0:
        return inputs, None
    order = generator("held out", seed).permutation(count)
    return _taken(inputs, np.sort(order[held:])), _taken(inputs, np.sort(order[:held]))


def _taken(inputs: InputSet, rows: np.ndarray[Any, Any]) -> InputSet:
    return InputSet(inputs.name, {k: v[rows] for k, v in inputs.arrays.items()}, inputs.note)


def _count(inputs: InputSet) -> int:
    return max((len(array) for array in inputs.arrays.values()), default=0)
