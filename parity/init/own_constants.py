"""Constants of the candidate that its state holds as buffers: a table of positions, a mask, means.

The reference computes them, so it has no weight for them, and they stay as the candidate makes
them.
"""

from dataclasses import replace
from math import prod

from parity.runners.whole_models import LayerWeight, ModelDescription, WeightedLayer

# Beginnings of the kinds of layers, on either side, whose weights are never constants.
_TORCH = (
    *("Linear", "Conv", "BatchNorm", "InstanceNorm", "GroupNorm", "LayerNorm", "RMSNorm"),
    *("Embedding", "LSTM", "GRU", "RNN", "MultiheadAttention", "PReLU", "Bilinear"),
    *("SyncBatchNorm", "LazyLinear", "NonDynamicallyQuantizableLinear"),
)
_KERAS = (
    *("Dense", "Conv", "DepthwiseConv", "SeparableConv", "EinsumDense", "Embedding"),
    *("LSTM", "GRU", "SimpleRNN", "MultiHeadAttention", "BatchNormalization"),
    *("LayerNormalization", "GroupNormalization"),
)


def own_constants(
    reference: ModelDescription, candidate: ModelDescription
) -> tuple[LayerWeight, ...]:
    """List what the candidate does not train, and the reference has no weight of that size for.

    Layers of a known kind have none, and are no partners of any.
    """
    sizes = {
        prod(weight.shape)
        for layer in reference.layers
        if not layer.kind.startswith(_KERAS)
        for weight in layer.weights
    }
    return tuple(
        weight
        for layer in candidate.layers
        if not layer.kind.startswith(_TORCH)
        for weight in layer.weights
        if not weight.trainable and prod(weight.shape) not in sizes
    )


def without(model: ModelDescription, constants: tuple[LayerWeight, ...]) -> ModelDescription:
    """Return the description without these, and without layers that have nothing else."""
    names = {weight.name for weight in constants}

    def left(layers: tuple[WeightedLayer, ...]) -> tuple[WeightedLayer, ...]:
        some = (
            replace(layer, weights=tuple(w for w in layer.weights if w.name not in names))
            for layer in layers
        )
        return tuple(layer for layer in some if layer.weights)

    return replace(model, layers=left(model.layers), composites=left(model.composites))
