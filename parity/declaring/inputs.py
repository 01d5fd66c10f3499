"""Seeded arrays that anyone can redraw from a name and a seed."""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.weight import Weight


@dataclass(frozen=True)
class InputSet:
    """Named arrays that a whole model takes, batch first, and where they come from."""

    name: str
    arrays: Arrays
    note: str = ""

    @property
    def records(self) -> int:
        """How many records there are."""
        return max((len(array) for array in self.arrays.values()), default=0)

    @property
    def title(self) -> str:
        """The name with the number of records."""
        return f"{self.name} ({self.records} records)"

    def take(self, count: int | None) -> "InputSet":
        """The first `count` records; all of them for None."""
        if count is None:
            return self
        return InputSet(self.name, {k: v[:count] for k, v in self.arrays.items()}, self.note)


def generator(name: str, seed: int) -> np.random.Generator:
    """A generator for `name` under `seed`, the same in every process and on every machine."""
    return np.random.Generator(np.random.Philox(key=[zlib.crc32(name.encode()), seed]))


def draw(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """A standard-normal float32 array: scaled by 1/sqrt(shape[0]) for kernels, by 0.1 for the rest.

    Never zero, so that what a fresh model hides (biases that start at zero, a species softmax that
    starts uniform) is seen. The golden cases' weights were drawn by the same rule.
    """
    scale = shape[0] ** -0.5 if name.endswith("kernel") else 0.1
    return (generator(name, seed).standard_normal(shape) * scale).astype(np.float32)


def draw_weights(weights: tuple[Weight, ...], seed: int) -> Arrays:
    """One array for each weight, in the reference's layout, by canonical name."""
    return {
        weight.name: (_draw_positive if weight.positive else draw)(weight.name, weight.shape, seed)
        for weight in weights
    }


def _draw_positive(name: str, shape: tuple[int, ...], seed: int) -> Array:
    return generator(name, seed).uniform(0.5, 1.5, shape).astype(np.float32)


@lru_cache(maxsize=8)
def draw_cotangent(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Float32 factors of size 0.5 to 1.5 and random sign, by which an output enters a gradient.

    Never near zero, so that no element of an output is left out of what the gradients tell. Kept,
    and so read-only, as both sides take it in both dtypes, and drawing millions takes seconds.
    """
    random = generator(f"cotangent/{name}", seed)
    sign = random.choice([-1.0, 1.0], size=shape)
    drawn = np.asarray(sign * random.uniform(0.5, 1.5, size=shape), dtype=np.float32)
    drawn.flags.writeable = False
    return drawn


def perturb(name: str, array: Array, seed: int, by: float = 0.0) -> Array:
    """Each floating element moved `by` so much up or down, or to the next number; zeros then stay.

    A zero is as a rule exact, and the next number to it is no neighbour in any other sense.
    """
    if array.dtype.kind != "f":
        return array
    random = generator(f"perturb/{name}", seed)
    towards = random.choice([-np.inf, np.inf], size=array.shape).astype(array.dtype)
    if by:
        return np.asarray(array + by * np.sign(towards), array.dtype)
    # The largest number there is (a mask, often) has but one neighbour.
    inwards = np.abs(array) == np.finfo(array.dtype).max
    return np.where(array == 0, array, np.nextafter(array, np.where(inwards, 0, towards)))


def is_uniform(array: Array) -> bool:
    """Whether floating numbers are the same one everywhere, or at all places but those that are 0.

    Not 1, which with 0 is a mask, of which the next number is none.
    """
    kinds = array[array != 0] if array.dtype.kind == "f" else array[:0]
    return bool(kinds.size and kinds.min() == kinds.max() != 1)
