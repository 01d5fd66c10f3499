"""Mistakes in how weights are handed over, found from their names and shapes alone.

All functions of arrays here are in the reference's layout.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise, permutations

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import KnownBug
from parity.declaring.weight import Weight

_GATES = {3: "zrh", 4: "ifco"}


def known_bugs(weights: tuple[Weight, ...], thorough: bool) -> Iterator[KnownBug]:
    """Every mistake that these weights allow.

    Args:
        weights: the weight map of a layer.
        thorough: all orders of gates and all exchanges; otherwise neighbours change places.
    """
    yield from _gates(weights, thorough)
    for weight in weights:
        yield from _of_one(weight)
    yield from _exchanges(weights, thorough)


def _one(trap: int | None, what: str, name: str, change: Callable[[Array], Array]) -> KnownBug:
    def changed(arrays: Arrays) -> Arrays:
        return {**arrays, name: np.asarray(change(arrays[name]), order="C")}

    return KnownBug(trap, what, name, weights=changed)


def _of_one(weight: Weight) -> Iterator[KnownBug]:
    name, shape = weight.name, weight.shape
    kernel = sum(size > 1 for size in shape) > 1
    if len(shape) == 2 and kernel:
        if shape[0] == shape[1]:
            yield _one(1, "kernel not transposed", name, lambda a: a.T)
        else:
            yield _one(
                38, "buffer of the transposed kernel as it lies", name, lambda a: _as_it_lies(a)
            )
    if len(shape) > 2:
        yield from _axes(weight)
    paired = len(weight.keys) == 2 and shape[:1] == (2,)
    if paired:
        yield _one(3, "two biases summed into one", name, _summed)
        yield _one(3, "two biases exchanged", name, lambda a: a[::-1])
    if not kernel and max(shape, default=1) > 1:
        yield _one(29, "left at zero, never loaded", name, np.zeros_like)
    if kernel:
        yield _one(30, "first row for every row", name, _first_row)
        if not paired:
            yield _one(23, "rows reversed", name, lambda a: a[::-1])


def _as_it_lies(kernel: Array) -> Array:
    """What the candidate's (out, in) has if the (in, out) buffer is given that shape."""
    return kernel.reshape(kernel.T.shape).T


def _summed(biases: Array) -> Array:
    return np.stack([biases[0] + biases[1], np.zeros_like(biases[1])])


def _first_row(kernel: Array) -> Array:
    return np.broadcast_to(kernel[:1], kernel.shape).copy()


def _axes(weight: Weight) -> Iterator[KnownBug]:
    name, shape = weight.name, weight.shape
    long = [axis for axis, size in enumerate(shape) if size > 1]
    for one, other in pairwise(long):
        what = f"axes {one} and {other} in the other order"
        yield _one(1, what, name, lambda a, i=one, j=other: a.swapaxes(i, j).reshape(a.shape))  # type: ignore[misc]
    if len(shape) == 4 and min(shape[:2]) > 1:
        yield _one(1, "kernel turned by half a turn, as a convolution", name, _turned)


def _turned(kernel: Array) -> Array:
    return kernel[::-1, ::-1]


def _exchanges(weights: tuple[Weight, ...], thorough: bool) -> Iterator[KnownBug]:
    by_shape: dict[tuple[tuple[int, ...], bool], list[str]] = {}
    for weight in weights:
        by_shape.setdefault((weight.shape, weight.positive), []).append(weight.name)
    for names in by_shape.values():
        for one, other in combinations(names, 2) if thorough else pairwise(names):
            yield KnownBug(
                29, "loaded under each other's name", f"{one}, {other}", weights=_swap(one, other)
            )


def _swap(one: str, other: str) -> Callable[[Arrays], Arrays]:
    return lambda arrays: {**arrays, one: arrays[other], other: arrays[one]}


def _gates(weights: tuple[Weight, ...], thorough: bool) -> Iterator[KnownBug]:
    """Recurrent cells are known by their recurrent kernel, (units, gates * units)."""
    for recurrent in weights:
        prefix, _, last = recurrent.name.rpartition("/")
        if last != "recurrent_kernel" or len(recurrent.shape) != 2:
            continue
        gates, rest = divmod(recurrent.shape[1], recurrent.shape[0])
        if rest or gates not in _GATES:
            continue
        group = [w.name for w in weights if w.name.rpartition("/")[0] == prefix]
        for order in _orders(gates, thorough):
            yield from _in_order(group, prefix, gates, order)


def _orders(gates: int, thorough: bool) -> list[tuple[int, ...]]:
    own = tuple(range(gates))
    if thorough:
        return [order for order in permutations(own) if order != own]
    exchanged = []
    for first in range(gates - 1):
        order = list(own)
        order[first], order[first + 1] = order[first + 1], order[first]
        exchanged.append(tuple(order))
    return exchanged


def _in_order(
    group: list[str], prefix: str, gates: int, order: tuple[int, ...]
) -> Iterator[KnownBug]:
    letters = _GATES[gates]
    said = ", ".join(letters[gate] for gate in order)
    trap = {3: 2, 4: 6}[gates]
    what = f"gates in the order {said} for {', '.join(letters)}"

    def changed(names: tuple[str, ...]) -> Callable[[Arrays], Arrays]:
        return lambda arrays: {
            **arrays,
            **{name: _permuted(arrays[name], gates, order) for name in names},
        }

    yield KnownBug(trap, what, prefix, weights=changed(tuple(group)))
    for name in group:
        yield KnownBug(trap, what, name, weights=changed((name,)))


def _permuted(array: Array, gates: int, order: tuple[int, ...]) -> Array:
    blocks = np.split(array, gates, axis=-1)
    return np.concatenate([blocks[gate] for gate in order], axis=-1)
