"""Matching of a file's arrays with the weights of a model: each exactly once, or a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from parity.arrays import Arrays
from parity.errors import ParityError
from parity.weight_files.contents import StoredArray, WeightFile

Shape = tuple[int, ...]


@dataclass(frozen=True)
class ExpectedArray:
    """One weight of a model: its name here, what a file of this kind calls it, and its shape.

    `layer` is the name of its layer, for files that list arrays by layers in order.
    """

    name: str
    called: str
    shape: Shape
    layer: str = ""


@dataclass(frozen=True)
class Misfit:
    """One row of the table of what does not fit; a shape is None where there is no array."""

    problem: str
    name: str
    in_file: Shape | None
    expected: Shape | None


class UnfitError(ParityError):
    """Weights that are not those of the model; `rows` is the table."""

    def __init__(self, path: Path | str, whose: str, rows: Sequence[Misfit]) -> None:
        self.rows = tuple(rows)
        counts = Counter(row.problem for row in rows)
        first = rows[0]
        shapes = [f"{first.in_file} in the file"] * (first.in_file is not None)
        shapes += [f"expected {first.expected}"] * (first.expected is not None)
        super().__init__(
            f"{path} does not hold the weights of {whose}: "
            f"{', '.join(f'{count} {problem}' for problem, count in counts.items())}; the first is "
            f"{', '.join([repr(first.name), *shapes])}"
        )


def match_by_name(
    path: Path, whose: str, held: Arrays, expected: Sequence[ExpectedArray]
) -> Arrays:
    """Return a file's arrays by the model's names; raise UnfitError unless each is used once."""
    called = {one.called: one for one in expected}
    rows = [
        Misfit("missing", one.name, None, one.shape) for one in expected if one.called not in held
    ]
    rows += [
        Misfit("surplus", name, tuple(array.shape), None)
        for name, array in held.items()
        if name not in called
    ]
    rows += [
        Misfit("of another shape", one.name, tuple(held[one.called].shape), one.shape)
        for one in expected
        if one.called in held and tuple(held[one.called].shape) != one.shape
    ]
    if rows:
        raise UnfitError(path, whose, rows)
    return {one.name: held[one.called] for one in expected}


def match_by_layers(file: WeightFile, whose: str, expected: Sequence[ExpectedArray]) -> Arrays:
    """Match layers that both list: by name where the names are the same, else in order, as Keras.

    Within a layer, weights are matched in the same way. Raises UnfitError unless each array is used
    once, in its shape.
    """
    theirs: dict[str, list[StoredArray]] = {}
    ours: dict[str, list[ExpectedArray]] = {}
    for stored in file.arrays:
        theirs.setdefault(stored.layer, []).append(stored)
    for one in expected:
        ours.setdefault(one.layer, []).append(one)
    layers, own_layers = list(theirs.values()), list(ours.values())
    places = _places(list(theirs), list(ours))
    rows: list[Misfit] = []
    found: Arrays = {}
    for own, place in zip(own_layers, places, strict=True):
        held = layers[place] if place is not None else []
        within = _places([one.name for one in held], [one.called for one in own])
        for one, number in zip(own, within, strict=True):
            if number is None:
                rows.append(Misfit("missing", one.name, None, one.shape))
                continue
            array = held[number].array
            if tuple(array.shape) != one.shape:
                rows.append(Misfit("of another shape", one.name, tuple(array.shape), one.shape))
            found[one.name] = array
        rows += _surplus(held, within)
    for left in set(range(len(layers))) - set(places):
        rows += _surplus(layers[left], [])
    if rows:
        raise UnfitError(file.path, whose, rows)
    return found


def _surplus(held: Sequence[StoredArray], taken: Sequence[int | None]) -> list[Misfit]:
    return [
        Misfit("surplus", one.name, tuple(one.array.shape), None)
        for number, one in enumerate(held)
        if number not in taken
    ]


def _places(theirs: Sequence[str], ours: Sequence[str]) -> list[int | None]:
    """Return where each of our names is among theirs: by name, or in order if names differ.

    What all names of a side begin with, such as the counted name of the model, does not matter.
    """
    if not set(theirs) & set(ours):
        theirs, ours = _without_common_start(theirs), _without_common_start(ours)
    distinct = len(set(theirs)) == len(theirs) and len(set(ours)) == len(ours)
    if len(theirs) == len(ours) and not (distinct and set(theirs) == set(ours)):
        return list(range(len(ours)))
    places = {name: number for number, name in enumerate(theirs)}
    return [places.get(name) for name in ours]


def _without_common_start(names: Sequence[str]) -> list[str]:
    parts = [name.split("/") for name in names]
    same = 0
    for column in zip(*parts, strict=False):
        if len(parts) < 2 or len(set(column)) > 1:
            break
        same += 1
    return ["/".join(name[same:]) for name in parts]
