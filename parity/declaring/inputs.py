"""Arrays drawn from a name and a seed, the same in every process and on every machine."""

import zlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.weight import Weight


@dataclass(frozen=True)
class InputSet:
    """Named input arrays of a whole model, batch axis first, and where they come from."""

    name: str
    arrays: Arrays
    note: str = ""

    @property
    def records(self) -> int:
        """Return the number of records."""
        return max((len(array) for array in self.arrays.values()), default=0)

    @property
    def title(self) -> str:
        """Return the name with the number of records."""
        return f"{self.name} ({self.records} records)"

    def take(self, count: int | None) -> "InputSet":
        """Return the first `count` records; all of them for None."""
        if count is None:
            return self
        return InputSet(self.name, {k: v[:count] for k, v in self.arrays.items()}, self.note)


def generator(name: str, seed: int) -> np.random.Generator:
    """Return the random generator for `name` under `seed`."""
    return np.random.Generator(np.random.Philox(key=[zlib.crc32(name.encode()), seed]))


def draw(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Draw standard-normal float32, scaled by 1/sqrt(shape[0]) for kernels and by 0.1 for others.

    Never zero: a new model hides mistakes in weights that start at zero or uniform, such as biases.
    The weights of the golden cases were drawn by the same rule.
    """
    scale = shape[0] ** -0.5 if name.endswith("kernel") else 0.1
    return (generator(name, seed).standard_normal(shape) * scale).astype(np.float32)


def draw_weights(weights: tuple[Weight, ...], seed: int) -> Arrays:
    """Draw one array for each weight, in the reference's layout, by canonical name."""
    return {
        weight.name: _draw_weight(weight, seed) * np.float32(weight.scale) for weight in weights
    }


def _draw_weight(weight: Weight, seed: int) -> Array:
    if not weight.positive:
        return draw(weight.name, weight.shape, seed)
    return generator(weight.name, seed).uniform(0.5, 1.5, weight.shape).astype(np.float32)


@lru_cache(maxsize=8)
def draw_cotangent(name: str, shape: tuple[int, ...], seed: int) -> Array:
    """Draw the cotangent of an output: float32 of magnitude 0.5 to 1.5 and random sign.

    Never near zero, so that every element of the output affects the gradients. Cached and therefore
    read-only: both sides use it in both dtypes, and drawing millions takes seconds.
    """
    random = generator(f"cotangent/{name}", seed)
    sign = random.choice([-1.0, 1.0], size=shape)
    drawn = np.asarray(sign * random.uniform(0.5, 1.5, size=shape), dtype=np.float32)
    drawn.flags.writeable = False
    return drawn


def perturb(name: str, array: Array, seed: int, by: float = 0.0) -> Array:
    """Move each floating element up or down at random, `by` this much or by one ulp if 0.

    A move by one ulp leaves zeros alone: a zero is usually exact, and the next number is far away
    in relative terms.
    """
    if array.dtype.kind != "f":
        return array
    random = generator(f"perturb/{name}", seed)
    towards = random.choice([-np.inf, np.inf], size=array.shape).astype(array.dtype)
    if by:
        return np.asarray(array + by * np.sign(towards), array.dtype)
    # The largest finite number, often a mask, can only move inwards.
    inwards = np.abs(array) == np.finfo(array.dtype).max
    return np.where(array == 0, array, np.nextafter(array, np.where(inwards, 0, towards)))


def is_uniform(array: Array) -> bool:
    """Return whether all nonzero elements of a floating array are equal.

    False if they are 1: an array of ones and zeros is a mask, which must not be perturbed.
    """
    nonzero = array[array != 0] if array.dtype.kind == "f" else array[:0]
    return bool(nonzero.size and nonzero.min() == nonzero.max() != 1)
