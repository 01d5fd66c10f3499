"""Declarations of trainings in lockstep, and the records that they train on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import InputSet, generator
from parity.declaring.weight import Options, Weight
from parity.errors import ParityError


@dataclass(frozen=True)
class Learner:
    """Model with its loss and its optimizer, built in one framework and one dtype.

    Args:
        step: makes one whole training step on a batch (named tensors of the framework, the masks
            among them). Returns the scalar loss before the update, and the gradients by the keys
            of `parameters`; a missing gradient is None or left out.
        parameters: as for `parity.Built`, new ones in every build, together with everything that
            training changes by other means, such as running statistics.
        evaluate: returns the loss of records in evaluation mode.
        reset: restores the initial state of everything but `parameters`; without it, a second run
            builds the learner again.
    """

    step: Callable[[dict[str, Any]], tuple[Any, Mapping[str, Any]]]
    parameters: Mapping[str, Any]
    evaluate: Callable[[dict[str, Any]], Any] | None = None
    reset: Callable[[], None] | None = None


@dataclass(frozen=True)
class TrainingSide:
    """One side of a training: a framework, as for `parity.Side`, and a factory of learners.

    `build(options, "float64")` must make everything in float64, the optimizer included.
    """

    framework: str
    build: Callable[[Options, str], Learner]


def _no_masks(options: Options, records: int, random: np.random.Generator) -> Arrays:
    return {}


@dataclass(frozen=True)
class Training:
    """A model, its loss and its optimizer on both sides.

    `masks(options, records, random)` draws, as float32 arrays for one batch, the random numbers
    that a framework would draw itself in training, above all dropout masks; both sides receive the
    same.
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
    """Records of a training, step by step, and those held out; the seed determines all of it.

    Each step takes the next records of one shuffled epoch after another. Raises ParityError if
    there are fewer records than one batch needs.
    """

    records: InputSet
    held_out: InputSet | None
    steps: int
    batch_size: int
    seed: int

    def __post_init__(self) -> None:
        if self.batch_size > self.count:
            raise ParityError(
                f"a batch of {self.batch_size} exceeds the {self.count} records to train on; "
                "give a smaller --batch-size or more records"
            )

    @property
    def count(self) -> int:
        """Return the number of records to train on."""
        return self.records.records

    def batch(self, step: int, training: Training) -> Arrays:
        """Return the records and masks of a step; steps count from 1."""
        places = np.arange((step - 1) * self.batch_size, step * self.batch_size)
        rows = [self._order(int(place) // self.count)[place % self.count] for place in places]
        random = generator(f"masks/{step}", self.seed)
        masks = training.masks(training.options, self.batch_size, random)
        return {**{name: array[rows] for name, array in self.records.arrays.items()}, **masks}

    def _order(self, epoch: int) -> Array:
        return generator(f"order/{epoch}", self.seed).permutation(self.count)

    def table_steps(self) -> tuple[int, ...]:
        """Return the steps that a table shows: 1, 2, 5, 10, 20, 50, ..., and the last."""
        spaced = (digit * 10**power for power in range(10) for digit in (1, 2, 5))
        return tuple(sorted({self.steps, *(step for step in spaced if step < self.steps)}))

    def evaluated_steps(self) -> tuple[int, ...]:
        """Return the steps after which losses are evaluated: about twenty, and `table_steps`.

        Step 0 is before the first.
        """
        every = max(1, self.steps // 20)
        return tuple(sorted({0, *range(every, self.steps, every), *self.table_steps()}))


def split(inputs: InputSet, share: float, seed: int) -> tuple[InputSet, InputSet | None]:
    """Split records into those to train on and those held out; None if none is held out."""
    count = inputs.records
    held_out = min(ceil(share * count), count - 1)
    if held_out <= 0:
        return inputs, None
    order = generator("held out", seed).permutation(count)
    return _taken(inputs, np.sort(order[held_out:])), _taken(inputs, np.sort(order[:held_out]))


def _taken(inputs: InputSet, rows: Array) -> InputSet:
    return InputSet(inputs.name, {k: v[rows] for k, v in inputs.arrays.items()}, inputs.note)
