"""The known traps by themselves, before anything is drawn: each is tried in every hunt."""

from collections.abc import Iterator
from itertools import zip_longest

from parity.fuzz.ground import WEIGHT, Ground
from parity.fuzz.recipe import Change, Edit, Ends, Recipe


def plain_recipes(ground: Ground) -> Iterator[Recipe]:
    """One record, the same twice, other weights, nothing at all, and each value everywhere.

    The first value of every input comes before the second of any. All are as small as a find can
    be.
    """
    one = (0,) if ground.rows else None
    if ground.rows:
        yield Recipe(one)
    if ground.rows and ground.most_rows > 1:
        yield Recipe((0, 0))
    if ground.task.weight_map:
        yield Recipe(one, weights_seed=1)
    inputs = [d for d in ground.domains if not d.input.startswith(WEIGHT) and not d.fixed]
    outside = tuple(domain for domain in inputs if domain.outside is not None)
    if outside:
        length = ground.task.inputs[outside[0].input].shape[1]
        yield Recipe(one, edits=(Ends(outside, length // 2, length // 4, None),))
    by_input = [[Edit(domain, Change(value=v)) for v in domain.values()] for domain in inputs]
    for edits in zip_longest(*by_input):
        yield from (Recipe(one, edits=(edit,)) for edit in edits if edit is not None)
