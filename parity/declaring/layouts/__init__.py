"""Weight maps of common layers between Keras' and PyTorch's layouts, for use in declarations.

Each function returns the `Weight`s of one layer: `name` is the prefix of the canonical names, `key`
that of the candidate's. Dense kernels are (in, out) in Keras and (out, in) in PyTorch, convolution
kernels (height, width, in, out) and (out, in, height, width).
"""

from parity.declaring.layouts.layers import (
    attention,
    batch_norm,
    conv,
    conv2d,
    dense,
    depthwise_conv,
    depthwise_conv2d,
    embedding,
    layer_norm,
    multi_head_attention,
    separable_conv,
)
from parity.declaring.layouts.moves import (
    folded,
    gated,
    gated_rows,
    image_vector,
    reshaped,
    same,
    transposed,
)
from parity.declaring.layouts.recurrent import gru, linear_cell, lstm, simple_rnn

__all__ = [
    "attention",
    "batch_norm",
    "conv",
    "conv2d",
    "dense",
    "depthwise_conv",
    "depthwise_conv2d",
    "embedding",
    "folded",
    "gated",
    "gated_rows",
    "gru",
    "image_vector",
    "layer_norm",
    "linear_cell",
    "lstm",
    "multi_head_attention",
    "reshaped",
    "same",
    "separable_conv",
    "simple_rnn",
    "transposed",
]
