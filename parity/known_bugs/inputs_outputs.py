"""Known bugs in a candidate's inputs and outputs."""

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, permutations

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import ChangedInputs, ChangedOutputs, KnownBug
from parity.declaring.trace import Task

# Of more outputs, there are too many orders.
_MOST_EXCHANGED = 8
_IN_TURN = 3
_MOST_PAIRS = 16


def generate_input_bugs(inputs: Arrays) -> Iterator[KnownBug]:
    """Yield the known bugs that these inputs, batch first, allow."""
    for name, array in inputs.items():
        if array.ndim and len(array) > 1:
            yield _input_bug(5, "first row's values for every row", name, _repeat_first_row)
        if array.dtype.kind == "f" and array.size > 1:
            yield _input_bug(34, "float64 bytes read as float32", name, _read_as_float32)
        if array.dtype.kind == "f" and array.size and np.isin(array, (0, 1)).all():
            yield _input_bug(22, "mask inverted", name, lambda a: 1 - a, undoes_itself=True)
            yield _input_bug(22, "mask ignored, as if all 1", name, np.ones_like)
            yield _input_bug(22, "mask ignored, as if all 0", name, np.zeros_like)
        if array.ndim > 1 and array.shape[1] > 1:
            yield _input_bug(None, "positions shifted by one", name, lambda a: np.roll(a, 1, 1))
        if array.ndim > 1 and array.shape[0] == array.shape[1]:
            swapped = "first two axes swapped"
            yield _input_bug(23, swapped, name, lambda a: a.swapaxes(0, 1), undoes_itself=True)


def generate_exchanged_inputs(inputs: Arrays) -> Iterator[KnownBug]:
    """Yield two inputs of one shape exchanged."""
    alike = [
        (one, other)
        for one, other in combinations(inputs, 2)
        if inputs[one].ndim and inputs[one].shape == inputs[other].shape
    ]
    for one, other in alike[:_MOST_PAIRS]:
        where = f"{one} and {other}"
        change = ChangedInputs(_exchange(one, other), undoes_itself=True)
        yield KnownBug(None, "inputs exchanged", where, change)


def _exchange(one: str, other: str) -> Callable[[Arrays], Arrays]:
    def apply(arrays: Arrays) -> Arrays:
        return {**arrays, one: arrays[other], other: arrays[one]}

    return apply


def generate_output_bugs(outputs: Arrays) -> Iterator[KnownBug]:
    """Yield the known bugs that outputs of these names and shapes allow."""
    yield KnownBug(24, "squeezed without an axis", "all outputs", ChangedOutputs(_squeeze_all))
    for name, array in outputs.items():
        if array.dtype.kind == "f" and np.any(array):
            yield _output_bug(None, "sign flipped", name, lambda a: -a)
        if array.ndim and not np.array_equal(array, array[::-1], equal_nan=array.dtype.kind == "f"):
            yield _output_bug(23, "rows reversed", name, lambda a: a[::-1])
        if array.ndim > 2 and array.shape[-1] == array.shape[-2]:
            yield _output_bug(23, "last two axes swapped", name, lambda a: a.swapaxes(-1, -2))
        if array.ndim:
            yield _output_bug(24, "extra axis of size 1", name, lambda a: a[..., None])
    if len(outputs) > 1:
        last = list(outputs)[-1]
        yield KnownBug(None, "dropped", last, ChangedOutputs(_drop(last)))


def generate_exchanged_outputs(outputs: Arrays) -> Iterator[KnownBug]:
    """Yield the outputs in other orders: two of them exchanged, or three in turn.

    What layers within a whole model return has names of its own, and is left as it is.
    """
    layers = {name.removesuffix("/input") for name in outputs if name.endswith("/input")}
    last = [name for name in outputs if name.removesuffix("/input") not in layers]
    if len(last) > _MOST_EXCHANGED:
        return
    for one, other in combinations(last, 2):
        yield _exchanged({one: other, other: one})
    for own in combinations(last, 3) if len(last) == _IN_TURN else ():
        for order in permutations(own):
            taken = dict(zip(own, order, strict=True))
            if all(name != source for name, source in taken.items()):
                yield _exchanged(taken)


def _exchanged(taken: Mapping[str, str]) -> KnownBug:
    def apply(outputs: Arrays, task: Task) -> Arrays:
        if not all(name in outputs for name in taken):
            return outputs
        return {**outputs, **{name: outputs[source] for name, source in taken.items()}}

    first, *others = taken.values() if len(taken) > 2 else taken
    where = f"{', '.join((first, *others[:-1]))} and {others[-1]}"
    what = "outputs exchanged" if len(taken) == 2 else "outputs in another order"
    return KnownBug(None, what, where, ChangedOutputs(apply))


def _input_bug(
    number: int | None,
    what: str,
    name: str,
    change: Callable[[Array], Array],
    undoes_itself: bool = False,
) -> KnownBug:
    def apply(arrays: Arrays) -> Arrays:
        return {**arrays, name: np.asarray(change(arrays[name]), order="C")}

    return KnownBug(number, what, name, ChangedInputs(apply, undoes_itself))


def _output_bug(
    number: int | None, what: str, name: str, change: Callable[[Array], Array]
) -> KnownBug:
    def apply(outputs: Arrays, task: Task) -> Arrays:
        if name not in outputs:
            return outputs
        return {**outputs, name: np.asarray(change(outputs[name]), order="C")}

    return KnownBug(number, what, name, ChangedOutputs(apply))


def _squeeze_all(outputs: Arrays, task: Task) -> Arrays:
    return {name: np.squeeze(array) for name, array in outputs.items()}


def _drop(dropped: str) -> Callable[[Arrays, Task], Arrays]:
    return lambda outputs, task: {n: array for n, array in outputs.items() if n != dropped}


def _repeat_first_row(array: Array) -> Array:
    return np.broadcast_to(array[:1], array.shape).copy()


def _read_as_float32(array: Array) -> Array:
    misread = array.astype("<f8").ravel().view("<f4")[: array.size]
    finite: Array = np.nan_to_num(misread, nan=0.0, posinf=0.0, neginf=0.0)
    return finite.reshape(array.shape)
