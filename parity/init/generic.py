"""Ways in which a weight of an unknown layer may be held: all that its shape allows."""

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np

from parity.init.option import Entry, Option
from parity.runners.survey import Held, Part, Shape

# Kinds whose kernels hold gates side by side, and how many.
_GATES = {"GRU": 3, "GRUCell": 3, "LSTM": 4, "LSTMCell": 4}
# Beyond so many ways nothing is tried: probing would take minutes, and tell little.
_MOST = 400


def single(reference: Held, candidate: Held) -> list[Option]:
    """Ways to hold one weight as one other, the plainest first; none if no shape fits."""
    found: dict[bytes, Option] = {}
    for entry in _entries(reference, candidate):
        # Two orders of axes are one where an axis has a single element.
        found.setdefault(_moved(entry), Option((entry,)))
    return list(found.values())


def _moved(entry: Entry) -> bytes:
    (weight,) = entry.weights
    (array,) = weight.forward(np.arange(_size(weight.shape)).reshape(weight.shape))
    return array.tobytes()


def _entries(reference: Held, candidate: Held) -> Iterator[Entry]:
    name, shape, key, held = reference.name, reference.shape, candidate.name, candidate.shape
    positive = {"positive": True} if "variance" in name else {}
    if shape == held:
        yield Entry("same", (name, shape, key), positive)
    axes = tuple(range(len(shape)))
    if len(shape) == len(held):
        for order in permutations(axes):
            if order != axes and tuple(shape[axis] for axis in order) == held:
                yield Entry("transposed", (name, shape, key, order))
        return
    if _size(shape) != _size(held):
        return
    if len(shape) == 3 and len(held) == 2:
        # The heads of an attention: (size, heads, head size), or (heads, head size, size).
        for flat in ((shape[0], shape[1] * shape[2]), (shape[0] * shape[1], shape[2])):
            if flat[::-1] == held:
                yield Entry("folded", (name, shape, key, flat))
    yield Entry("reshaped", (name, shape, key, held))


def _size(shape: Shape) -> int:
    size = 1
    for dim in shape:
        size *= dim
    return size


def gated(reference: Part, weights: tuple[Held, ...]) -> list[Option]:
    """Ways to hold a recurrent layer in these weights, in every order of its gates.

    All its weights have the gates in one order, so they are tried together. Keras' own order comes
    first. Empty if the layer has no gates, or its shapes do not fit.
    """
    gates = _GATES.get(reference.kind)
    if gates is None or len(weights) < len(reference.weights):
        return []
    found: list[Option] = []
    for order in permutations(range(gates)):
        for chosen in product(*(_held_by(held, weights, order) for held in reference.weights)):
            keys = [key for entry in chosen for weight in entry.weights for key in weight.keys]
            if len(set(keys)) == len(keys):
                found.append(Option(tuple(chosen)))
            if len(found) > _MOST:
                return []
    return found


def _held_by(held: Held, weights: tuple[Held, ...], gates: tuple[int, ...]) -> list[Entry]:
    name, shape = held.name, held.shape
    plain = gates == tuple(range(len(gates)))
    found: list[Entry] = []
    for other in weights:
        key = other.name
        if other.shape == shape:
            same = Entry("same", (name, shape, key))
            found.append(same if plain else Entry("gated", (name, shape, key, gates)))
        if len(shape) == 2 and other.shape == shape[::-1]:
            turned = Entry("transposed", (name, shape, key, (1, 0)))
            found.append(turned if plain else Entry("gated", (name, shape, key, gates, (1, 0))))
    if len(shape) == 2 and shape[0] == 2:
        rows = [other.name for other in weights if other.shape == shape[1:]]
        units = shape[1] // len(gates)
        found += [Entry("gated_rows", (name, units, pair, gates)) for pair in permutations(rows, 2)]
    return found
