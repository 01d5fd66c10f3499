"""Weights drawn for a probe, and which outputs depend on each of them."""

from collections.abc import Sequence

from parity.arrays import Array, Arrays
from parity.declaring.inputs import draw_weights, generator
from parity.declaring.weight import Weight
from parity.judging.elementwise import relative_gap
from parity.runners.whole_models import LayerWeight, OpenModel

# A smaller change of an output is float64's own rounding.
_NO_INFLUENCE = 1e-13


def draw(weights: Sequence[LayerWeight], seed: int) -> Arrays:
    """Draw weights by their names; variances are positive."""
    return draw_weights(
        tuple(
            Weight(w.name, w.shape, (w.name,), positive=w.name.endswith(("variance", "var")))
            for w in weights
        ),
        seed,
    )


def influence(
    model: OpenModel, weights: Arrays, inputs: Arrays, base: list[Array], name: str
) -> frozenset[int]:
    """Return which outputs a weight changes, by however little: both runs are the same otherwise.

    A branch that is scaled down may be far below what float32 shows.
    """
    array = weights[name]
    # A different factor for each element, as many functions ignore a common one.
    factors = generator(f"moved/{name}", 1).uniform(0.5, 1.5, array.shape)
    after = list(model.run({**weights, name: array * factors}, inputs, ()).values())
    pairs = enumerate(zip(base, after, strict=True))
    return frozenset(n for n, (a, b) in pairs if relative_gap(a, b) > _NO_INFLUENCE)
