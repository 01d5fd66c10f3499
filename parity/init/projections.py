"""Layouts of layers that compute the same although their kinds differ.

A Dense is a convolution over one element. A convolution that covers its whole input (or whose
windows do not overlap) is a Dense on what it covers. A convolution over one axis is one over two of
which the other has a single element. The transposition of in and out is as certain as between
layers of one kind; only the order of what was flattened is left to try.
"""

from collections.abc import Iterator
from math import prod

from parity.init.layouts import Layout, bias_of_both, known
from parity.runners.whole_models import Shape, WeightedLayer, without_ones

_RANKS = (1, 2, 3)
_DENSE, _LINEAR = ("Dense",), ("Linear",)
_CONVOLUTIONS = {
    False: tuple(f"Conv{n}D" for n in _RANKS),
    True: tuple(f"Conv{n}DTranspose" for n in _RANKS),
}
_PARTNERS = {
    False: tuple(f"Conv{n}d" for n in _RANKS),
    True: tuple(f"ConvTranspose{n}d" for n in _RANKS),
}


def projection_layouts(reference: WeightedLayer, candidate: WeightedLayer) -> list[Layout]:
    """List the layouts of a Dense in a convolution, and of a convolution in a layer of other axes.

    The likeliest comes first. Empty for other kinds, or if the shapes do not fit.
    """
    kernel, weight = reference.weight("kernel"), candidate.weight("weight")
    if kernel is None or weight is None or min(len(kernel.shape), len(weight.shape)) < 2:
        return []
    found = _possible(reference, candidate, kernel.shape, weight.shape)
    return [layout for layout in found if layout.fits(reference, candidate)]


def _possible(
    reference: WeightedLayer, candidate: WeightedLayer, kernel: Shape, weight: Shape
) -> Iterator[Layout]:
    paths, bias = (reference.path, candidate.path), bias_of_both(reference, candidate)
    size = weight[2:]
    plain = candidate.settings.get("groups", 1) == 1
    covers = kernel == (prod(weight[1:]), weight[0])
    if reference.kind in _DENSE and candidate.kind in _PARTNERS[False] and plain and covers:
        if prod(size) > 1 and weight[1] > 1:
            yield known("dense", *paths, *kernel, **bias, channels=weight[1], size=size)
        yield known("dense", *paths, *kernel, **bias, size=size)
    for turned, kinds in _CONVOLUTIONS.items():
        if reference.kind not in kinds:
            continue
        keywords = {**bias, **({"turned": True} if turned else {})}
        covered = kernel[:-2]
        if candidate.kind in _LINEAR and (prod(covered) == 1 or not turned):
            yield known("conv", *paths, kernel, **keywords, size=())
            if prod(covered) > 1:
                yield known("conv", *paths, kernel, **keywords, size=(), channels_last=True)
        if candidate.kind in _PARTNERS[turned] and without_ones(covered) == without_ones(size):
            yield known("conv", *paths, kernel, **keywords, size=size)
