"""Keras' MultiHeadAttention as the four layers that most ports have in its place.

Its kernels are (size, heads, head size), and (heads, head size, size) for the output; PyTorch's
Linears have the heads side by side, ordered by head first.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from parity.init.layouts import Layout, LayoutCall
from parity.runners.whole_models import ModelDescription, WeightedLayer

_WHOLE, _PARTNER = "MultiHeadAttention", "MultiheadAttention"
_KIND = "heads"
_LAYERS = ("query", "key", "value", "output")


def with_heads(reference: ModelDescription, candidate: ModelDescription) -> ModelDescription:
    """Describe each attention as its four layers, unless the candidate has attentions as well.

    The attention itself becomes a composite layer, to be compared with a module of the candidate.
    """
    if any(layer.kind == _PARTNER for layer in candidate.layers):
        return reference
    wholes = tuple(layer for layer in reference.layers if layer.kind == _WHOLE)
    layers = [part for layer in reference.layers for part in _parts(layer)]
    return replace(reference, layers=tuple(layers), composites=(*reference.composites, *wholes))


def _parts(layer: WeightedLayer) -> Iterator[WeightedLayer]:
    own = {
        name: tuple(w for w in layer.weights if w.name.startswith(f"{layer.path}/{name}/"))
        for name in _LAYERS
    }
    if layer.kind != _WHOLE or sum(map(len, own.values())) != len(layer.weights):
        yield layer
        return
    for name, weights in own.items():
        if weights:
            yield WeightedLayer(f"{layer.path}/{name}", _KIND, weights)


def heads_layouts(reference: WeightedLayer, candidate: WeightedLayer) -> list[Layout]:
    """List how a Linear, a convolution over one element or a part may hold a layer's heads."""
    kernel, bias = reference.weight("kernel"), reference.weight("bias")
    if reference.kind != _KIND or kernel is None or len(kernel.shape) != 3:
        return []
    weight, *biases = candidate.weights
    output = reference.path.endswith("/output")
    flat = (prod(kernel.shape[:2]), kernel.shape[2])
    if not output:
        flat = (kernel.shape[0], prod(kernel.shape[1:]))
    if weight.shape == flat[::-1]:
        call = LayoutCall("folded", (kernel.name, kernel.shape, weight.name, flat))
    elif weight.shape == (*flat[::-1], *(1,) * (len(weight.shape) - 2)):
        axes = (2, 0, 1) if output else (1, 2, 0)
        call = LayoutCall("reshaped", (kernel.name, kernel.shape, weight.name, weight.shape, axes))
    else:
        return []
    calls = [call]
    if bias and biases:
        size = (prod(bias.shape),)
        arguments = (bias.name, bias.shape, biases[0].name)
        same = bias.shape == size
        calls.append(
            LayoutCall("same", arguments) if same else LayoutCall("reshaped", (*arguments, size))
        )
    layout = Layout(tuple(calls), known=True)
    return [layout] if layout.fits(reference, candidate) else []
