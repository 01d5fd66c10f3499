"""Known bugs in the transfer of weights, derived from the weights' names and shapes alone.

Every function of arrays here takes and returns them in the reference's layout.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise, permutations

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import ChangedWeights, KnownBug
from parity.declaring.weight import Weight

# Keras' order of gates, and the number of the known bug, by the number of gates.
_GATES = {3: ("zrh", 2), 4: ("ifco", 6)}


def generate_weight_bugs(weights: tuple[Weight, ...], thorough: bool) -> Iterator[KnownBug]:
    """Yield the known bugs that these weights allow.

    Args:
        weights: the weight map of a layer.
        thorough: whether to yield every order of gates and every swap of two weights, instead of
            only those in which adjacent ones are swapped.
    """
    yield from _gate_bugs(weights, thorough)
    for weight in weights:
        yield from _bugs_of_one(weight)
    yield from _swapped_names(weights, thorough)


def _bug(number: int, what: str, name: str, change: Callable[[Array], Array]) -> KnownBug:
    def apply(arrays: Arrays) -> Arrays:
        return {**arrays, name: np.asarray(change(arrays[name]), order="C")}

    return KnownBug(number, what, name, ChangedWeights(apply))


def _bugs_of_one(weight: Weight) -> Iterator[KnownBug]:
    name, shape = weight.name, weight.shape
    kernel = sum(size > 1 for size in shape) > 1
    if len(shape) == 2 and kernel:
        if shape[0] == shape[1]:
            yield _bug(1, "kernel not transposed", name, lambda a: a.T)
        else:
            yield _bug(38, "kernel reshaped instead of transposed", name, _reshape_as_transposed)
    if len(shape) > 2:
        yield from _axis_bugs(weight)
    paired = len(weight.keys) == 2 and shape[:1] == (2,)
    if paired:
        yield _bug(3, "two biases summed into one", name, _sum_into_first)
        yield _bug(3, "two biases swapped", name, lambda a: a[::-1])
    if not kernel and max(shape, default=1) > 1:
        yield _bug(29, "left at zero, never loaded", name, np.zeros_like)
    if kernel:
        yield _bug(30, "first row repeated for every row", name, _repeat_first_row)
        if not paired:
            yield _bug(23, "rows reversed", name, lambda a: a[::-1])


def _reshape_as_transposed(kernel: Array) -> Array:
    """Return the kernel, (in, out), whose buffer was reshaped to the candidate's (out, in)."""
    return kernel.reshape(kernel.T.shape).T


def _sum_into_first(biases: Array) -> Array:
    return np.stack([biases[0] + biases[1], np.zeros_like(biases[1])])


def _repeat_first_row(kernel: Array) -> Array:
    return np.broadcast_to(kernel[:1], kernel.shape).copy()


def _axis_bugs(weight: Weight) -> Iterator[KnownBug]:
    name, shape = weight.name, weight.shape
    long = [axis for axis, size in enumerate(shape) if size > 1]
    for one, other in pairwise(long):
        what = f"axes {one} and {other} swapped"
        yield _bug(1, what, name, lambda a, i=one, j=other: a.swapaxes(i, j).reshape(a.shape))  # type: ignore[misc]
    if len(shape) == 4 and min(shape[:2]) > 1:
        what = "kernel rotated by 180 degrees, as in a true convolution"
        yield _bug(1, what, name, lambda a: a[::-1, ::-1])


def _swapped_names(weights: tuple[Weight, ...], thorough: bool) -> Iterator[KnownBug]:
    alike: dict[tuple[tuple[int, ...], bool], list[str]] = {}
    for weight in weights:
        alike.setdefault((weight.shape, weight.positive), []).append(weight.name)
    for names in alike.values():
        for one, other in combinations(names, 2) if thorough else pairwise(names):
            change = ChangedWeights(_swap(one, other))
            yield KnownBug(29, "loaded under each other's names", f"{one}, {other}", change)


def _swap(one: str, other: str) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, one: arrays[other], other: arrays[one]}


def _gate_bugs(weights: tuple[Weight, ...], thorough: bool) -> Iterator[KnownBug]:
    """Yield wrong orders of gates for each recurrent cell.

    A recurrent cell is recognised by its recurrent kernel, (units, gates * units).
    """
    for recurrent in weights:
        prefix, _, last = recurrent.name.rpartition("/")
        if last != "recurrent_kernel" or len(recurrent.shape) != 2:
            continue
        gates, rest = divmod(recurrent.shape[1], recurrent.shape[0])
        if rest or gates not in _GATES:
            continue
        cell = [w.name for w in weights if w.name.rpartition("/")[0] == prefix]
        for order in _wrong_orders(gates, thorough):
            yield from _in_order(cell, prefix, order)


def _wrong_orders(gates: int, thorough: bool) -> list[tuple[int, ...]]:
    right = tuple(range(gates))
    if thorough:
        return [order for order in permutations(right) if order != right]
    return [(*right[:i], i + 1, i, *right[i + 2 :]) for i in range(gates - 1)]


def _in_order(cell: list[str], prefix: str, order: tuple[int, ...]) -> Iterator[KnownBug]:
    letters, number = _GATES[len(order)]
    wrong = ", ".join(letters[gate] for gate in order)
    what = f"gates in the order {wrong} instead of {', '.join(letters)}"

    def change(*names: str) -> ChangedWeights:
        return ChangedWeights(
            lambda arrays: {**arrays, **{n: _permute(arrays[n], order) for n in names}}
        )

    yield KnownBug(number, what, prefix, change(*cell))
    for name in cell:
        yield KnownBug(number, what, name, change(name))


def _permute(array: Array, order: tuple[int, ...]) -> Array:
    blocks = np.split(array, len(order), axis=-1)
    return np.concatenate([blocks[gate] for gate in order], axis=-1)
