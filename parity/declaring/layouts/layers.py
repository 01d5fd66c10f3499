"""Weight maps of dense, convolutional, normalisation, embedding and attention layers."""

from dataclasses import replace
from math import prod

import numpy as np

from parity.arrays import Array
from parity.declaring.layouts.moves import folded, image_vector, reshaped, same, transposed
from parity.declaring.weight import Weight


def _bias(name: str, key: str, size: int, bias: bool) -> tuple[Weight, ...]:
    return (same(f"{name}/bias", (size,), f"{key}.bias"),) if bias else ()


def dense(
    name: str,
    key: str,
    inputs: int,
    outputs: int,
    bias: bool = True,
    channels: int = 0,
    size: tuple[int, ...] = (),
    image: int = 0,
) -> tuple[Weight, ...]:
    """Map a Keras Dense to a torch Linear, or to a convolution that computes the same.

    Args:
        name: the name of the layer in Keras.
        key: the name of the layer in PyTorch.
        inputs: the number of inputs.
        outputs: the number of outputs.
        bias: whether there is one.
        channels: of the image that was flattened into the inputs, with the channels last in Keras
            and first in PyTorch; 0 for none.
        size: of the convolution's kernel, ones or the size of the flattened image; () for a Linear.
        image: the channels of the image that the outputs are reshaped into, with the channels last
            in Keras and first in PyTorch; 0 for none.
    """
    if image:
        kernel = _image_rows(dense(name, key, inputs, outputs, False, channels, size)[0], image)
        moved = image_vector(f"{name}/bias", outputs, f"{key}.bias", image)
        return (kernel, *([moved] if bias else []))
    laid_out = (outputs, inputs // prod(size), *size)
    if channels:
        kernel = _flattened(f"{name}/kernel", f"{key}.weight", inputs, laid_out, channels)
    elif size:
        kernel = reshaped(f"{name}/kernel", (inputs, outputs), f"{key}.weight", laid_out, (1, 0))
    else:
        kernel = transposed(f"{name}/kernel", (inputs, outputs), f"{key}.weight", (1, 0))
    return (kernel, *_bias(name, key, outputs, bias))


def _flattened(
    name: str, key: str, inputs: int, laid_out: tuple[int, ...], channels: int
) -> Weight:
    places, outputs = inputs // channels, laid_out[0]

    def forward(array: Array) -> tuple[Array, ...]:
        moved = array.reshape(places, channels, outputs).transpose(2, 1, 0)
        return (np.ascontiguousarray(moved).reshape(laid_out),)

    def inverse(arrays: tuple[Array, ...]) -> Array:
        moved = arrays[0].reshape(outputs, channels, places).transpose(2, 1, 0)
        return np.ascontiguousarray(moved).reshape(inputs, outputs)

    transform = f"transpose (1, 0), {channels} channels first"
    return Weight(name, (inputs, outputs), (key,), transform, forward, inverse)


def _image_rows(plain: Weight, channels: int) -> Weight:
    """Return the map with the outputs reordered as well: those of one channel after another."""
    outputs = plain.shape[1]

    def forward(array: Array) -> tuple[Array, ...]:
        (rows,) = plain.forward(array)
        moved = rows.reshape(-1, channels, *rows.shape[1:]).swapaxes(0, 1)
        return (np.ascontiguousarray(moved).reshape(rows.shape),)

    def inverse(arrays: tuple[Array, ...]) -> Array:
        (rows,) = arrays
        moved = rows.reshape(channels, outputs // channels, *rows.shape[1:]).swapaxes(0, 1)
        return plain.inverse((np.ascontiguousarray(moved).reshape(rows.shape),))

    transform = f"{plain.transform}, outputs with {channels} channels first"
    return replace(plain, transform=transform, forward=forward, inverse=inverse)


def conv2d(
    name: str, key: str, size: tuple[int, int], inputs: int, outputs: int, bias: bool = True
) -> tuple[Weight, ...]:
    """Map a Keras Conv2D with a kernel of (height, width) to a torch Conv2d without groups."""
    return conv(name, key, (*size, inputs, outputs), bias)


def conv(
    name: str,
    key: str,
    shape: tuple[int, ...],
    bias: bool = True,
    turned: bool = False,
    size: tuple[int, ...] | None = None,
    channels_last: bool = False,
) -> tuple[Weight, ...]:
    """Map a Keras convolution over one to three axes to torch's, with or without groups.

    Args:
        name: the name of the layer in Keras.
        key: the name of the layer in PyTorch.
        shape: the shape of Keras' kernel: (*size, in, out), or (*size, out, in) if `turned`.
        bias: whether there is one.
        turned: for transposed convolutions, whose kernels are (in, out, *size) in PyTorch.
        size: of PyTorch's kernel, if it has other axes; () for a Linear, which takes all that the
            kernel covers.
        channels_last: whether a Linear takes the channels of one pixel after those of another.
    """
    rank = len(shape) - 2
    outputs = shape[-2] if turned else shape[-1]
    first = (rank, rank + 1) if turned and size == () else (rank + 1, rank)
    axes = (first[0], *range(rank), first[1]) if channels_last else (*first, *range(rank))
    if size is None:
        kernel = transposed(f"{name}/kernel", shape, f"{key}.weight", axes)
    else:
        laid_out = (shape[first[0]], prod(shape) // shape[first[0]] // prod(size), *size)
        kernel = reshaped(f"{name}/kernel", shape, f"{key}.weight", laid_out, axes)
    return (kernel, *_bias(name, key, outputs, bias))


def depthwise_conv2d(
    name: str,
    key: str,
    size: tuple[int, int],
    inputs: int,
    multiplier: int = 1,
    bias: bool = True,
    kernel: str = "kernel",
) -> tuple[Weight, ...]:
    """Map a Keras DepthwiseConv2D to a torch Conv2d with one group per channel.

    Keras' kernel is (height, width, in, multiplier). `kernel` is its name:
    "kernel" in Keras 3, "depthwise_kernel" in Keras 2.
    """
    return depthwise_conv(name, key, (*size, inputs, multiplier), bias, kernel)


def depthwise_conv(
    name: str, key: str, shape: tuple[int, ...], bias: bool = True, kernel: str = "kernel"
) -> tuple[Weight, ...]:
    """Map a Keras DepthwiseConv1D or DepthwiseConv2D to a torch convolution of as many groups.

    `shape` is that of Keras' kernel, (*size, in, multiplier); `kernel` is as for
    `depthwise_conv2d`.
    """
    *size, inputs, multiplier = shape
    rank, outputs = len(size), inputs * multiplier
    away = (rank, rank + 1, *range(rank))
    home = tuple(int(axis) for axis in np.argsort(away))
    turned = (inputs, multiplier, *size)
    weight = Weight(
        f"{name}/{kernel}",
        shape,
        (f"{key}.weight",),
        "depthwise",
        lambda a: (np.ascontiguousarray(a.transpose(away)).reshape(outputs, 1, *size),),
        lambda a: np.ascontiguousarray(a[0].reshape(turned).transpose(home)),
    )
    return (weight, *_bias(name, key, outputs, bias))


def layer_norm(name: str, key: str, size: int) -> tuple[Weight, ...]:
    """Map a Keras LayerNormalization over the last axis to a torch LayerNorm."""
    return (
        same(f"{name}/gamma", (size,), f"{key}.weight"),
        same(f"{name}/beta", (size,), f"{key}.bias"),
    )


def batch_norm(name: str, key: str, size: int) -> tuple[Weight, ...]:
    """Map a Keras BatchNormalization to a torch BatchNorm, running statistics included."""
    return (
        *layer_norm(name, key, size),
        same(f"{name}/moving_mean", (size,), f"{key}.running_mean"),
        same(f"{name}/moving_variance", (size,), f"{key}.running_var", positive=True),
    )


def embedding(name: str, key: str, entries: int, size: int) -> tuple[Weight, ...]:
    """Map a Keras Embedding to a torch Embedding."""
    return (same(f"{name}/embeddings", (entries, size), f"{key}.weight"),)


def separable_conv(
    name: str,
    keys: tuple[str, str],
    shape: tuple[int, ...],
    outputs: int,
    bias: bool = True,
    linear: bool = False,
) -> tuple[Weight, ...]:
    """Map a Keras SeparableConv1D or SeparableConv2D to two torch convolutions.

    The first has one group per channel and no bias (or one that stays zero), the second a kernel
    of one element and the bias.

    Args:
        name: the name of the layer in Keras.
        keys: the names of the depthwise and the pointwise convolution in PyTorch.
        shape: the shape of Keras' depthwise kernel, (*size, in, multiplier).
        outputs: the channels that the pointwise convolution returns.
        bias: whether there is one.
        linear: whether the pointwise convolution is a Linear.
    """
    size, (inputs, multiplier) = shape[:-2], shape[-2:]
    rank, inner = len(size), inputs * multiplier
    away = (rank, rank + 1, *range(rank))
    home = tuple(int(axis) for axis in np.argsort(away))
    depthwise = Weight(
        f"{name}/depthwise_kernel",
        shape,
        (f"{keys[0]}.weight",),
        "depthwise",
        lambda a: (np.ascontiguousarray(a.transpose(away)).reshape(inner, 1, *size),),
        lambda a: np.ascontiguousarray(a[0].reshape(inputs, multiplier, *size).transpose(home)),
    )
    ones = (1,) * rank
    laid_out = (outputs, inner) if linear else (outputs, inner, *ones)
    pointwise = Weight(
        f"{name}/pointwise_kernel",
        (*ones, inner, outputs),
        (f"{keys[1]}.weight",),
        "pointwise",
        lambda a: (np.ascontiguousarray(a.reshape(inner, outputs).T).reshape(laid_out),),
        lambda a: np.ascontiguousarray(a[0].reshape(outputs, inner).T).reshape(
            *ones, inner, outputs
        ),
    )
    return (depthwise, pointwise, *_bias(name, keys[1], outputs, bias))


def attention(name: str, key: str, size: int, heads: int, head_size: int) -> tuple[Weight, ...]:
    """Map a Keras MultiHeadAttention to four torch Linears `query`, `key`, `value` and `output`.

    Keras' kernels are (size, heads, head size), and (heads, head size, size) for the output; the
    rows of the Linears are ordered by head first.
    """
    inner = heads * head_size
    found: list[Weight] = []
    for part in ("query", "key", "value"):
        shape = (size, heads, head_size)
        weight = f"{key}.{part}.weight"
        found.append(folded(f"{name}/{part}/kernel", shape, weight, (size, inner)))
        found.append(reshaped(f"{name}/{part}/bias", shape[1:], f"{key}.{part}.bias", (inner,)))
    shape, weight = (heads, head_size, size), f"{key}.output.weight"
    found.append(folded(f"{name}/output/kernel", shape, weight, (inner, size)))
    return (*found, same(f"{name}/output/bias", (size,), f"{key}.output.bias"))


def multi_head_attention(
    name: str, key: str, size: int, heads: int, bias: bool = True
) -> tuple[Weight, ...]:
    """Map a Keras MultiHeadAttention to a torch MultiheadAttention with heads of size / heads.

    PyTorch stores query, key and value in one `in_proj_weight`: the candidate's parameters must be
    its thirds, "in_proj_weight[0]" and so on, as `split` of parity.models.port makes them.
    """
    shape = (size, heads, size // heads)
    found: list[Weight] = []
    for number, part in enumerate(("query", "key", "value")):
        weight = f"{key}.in_proj_weight[{number}]"
        found.append(folded(f"{name}/{part}/kernel", shape, weight, (size, size)))
        if bias:
            thirds = f"{key}.in_proj_bias[{number}]"
            found.append(reshaped(f"{name}/{part}/bias", shape[1:], thirds, (size,)))
    shape = (heads, size // heads, size)
    found.append(folded(f"{name}/output/kernel", shape, f"{key}.out_proj.weight", (size, size)))
    if bias:
        found.append(same(f"{name}/output/bias", (size,), f"{key}.out_proj.bias"))
    return tuple(found)
