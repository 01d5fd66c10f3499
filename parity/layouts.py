"""Weight maps of common layers between Keras' and PyTorch's layouts, to declare a port with.

Each function gives the `Weight`s of one layer: `name` is the prefix of the canonical names, `key`
that of the candidate's. Keras keeps dense kernels as (in, out) and convolutions' as (height, width,
in, out), PyTorch as (out, in) and (out, in, height, width).
"""

import numpy as np

from parity.port import Array, Weight


def same(name: str, shape: tuple[int, ...], key: str, positive: bool = False) -> Weight:
    """A weight that both sides hold alike; `positive` for a variance."""
    return Weight(name, shape, (key,), positive=positive)


def transposed(name: str, shape: tuple[int, ...], key: str, axes: tuple[int, ...]) -> Weight:
    """A weight whose axes the candidate has in another order, as numpy.transpose takes them."""
    back = tuple(int(axis) for axis in np.argsort(axes))
    return Weight(
        name,
        shape,
        (key,),
        f"transpose {axes}",
        lambda array: (np.ascontiguousarray(array.transpose(axes)),),
        lambda arrays: np.ascontiguousarray(arrays[0].transpose(back)),
    )


def dense(name: str, key: str, inputs: int, outputs: int, bias: bool = True) -> tuple[Weight, ...]:
    """A Keras Dense as a torch Linear."""
    kernel = transposed(f"{name}/kernel", (inputs, outputs), f"{key}.weight", (1, 0))
    return (kernel, *([same(f"{name}/bias", (outputs,), f"{key}.bias")] if bias else []))


def conv2d(
    name: str, key: str, size: tuple[int, int], inputs: int, outputs: int, bias: bool = True
) -> tuple[Weight, ...]:
    """A Keras Conv2D with a kernel of (height, width) as a torch Conv2d, without groups."""
    shape = (*size, inputs, outputs)
    kernel = transposed(f"{name}/kernel", shape, f"{key}.weight", (3, 2, 0, 1))
    return (kernel, *([same(f"{name}/bias", (outputs,), f"{key}.bias")] if bias else []))


def layer_norm(name: str, key: str, size: int) -> tuple[Weight, ...]:
    """A Keras LayerNormalization over the last axis as a torch LayerNorm."""
    return (
        same(f"{name}/gamma", (size,), f"{key}.weight"),
        same(f"{name}/beta", (size,), f"{key}.bias"),
    )


def batch_norm(name: str, key: str, size: int) -> tuple[Weight, ...]:
    """A Keras BatchNormalization as a torch BatchNorm, with its running statistics."""
    return (
        *layer_norm(name, key, size),
        same(f"{name}/moving_mean", (size,), f"{key}.running_mean"),
        same(f"{name}/moving_variance", (size,), f"{key}.running_var", positive=True),
    )


def embedding(name: str, key: str, entries: int, size: int) -> tuple[Weight, ...]:
    """A Keras Embedding as a torch Embedding."""
    return (same(f"{name}/embeddings", (entries, size), f"{key}.weight"),)


def lstm(name: str, key: str, inputs: int, units: int) -> tuple[Weight, ...]:
    """A Keras LSTM as a torch LSTM of one layer; both have the gates i, f, g (Keras: c), o.

    PyTorch adds two biases where Keras has one: set `bias_hh_l0` to zero and leave it out of the
    candidate's parameters.
    """
    return (
        transposed(f"{name}/kernel", (inputs, 4 * units), f"{key}.weight_ih_l0", (1, 0)),
        transposed(f"{name}/recurrent_kernel", (units, 4 * units), f"{key}.weight_hh_l0", (1, 0)),
        same(f"{name}/bias", (4 * units,), f"{key}.bias_ih_l0"),
    )


def attention(name: str, key: str, size: int, heads: int, head_size: int) -> tuple[Weight, ...]:
    """A Keras MultiHeadAttention as four torch Linears `query`, `key`, `value` and `output`.

    Keras' kernels are (size, heads, head size), and (heads, head size, size) for the output; heads
    are the slower of the two in the Linears' rows.
    """
    inner = heads * head_size
    found: list[Weight] = []
    for part in ("query", "key", "value"):
        shape = (size, heads, head_size)
        found += _folded(f"{name}/{part}", f"{key}.{part}", shape, (size, inner))
        found.append(_reshaped(f"{name}/{part}/bias", shape[1:], f"{key}.{part}.bias", (inner,)))
    found += _folded(f"{name}/output", f"{key}.output", (heads, head_size, size), (inner, size))
    return (*found, same(f"{name}/output/bias", (size,), f"{key}.output.bias"))


def _folded(
    name: str, key: str, shape: tuple[int, ...], flat: tuple[int, int]
) -> tuple[Weight, ...]:
    def forward(array: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(array.reshape(flat).T),)

    def inverse(arrays: tuple[Array, ...]) -> Array:
        return np.ascontiguousarray(arrays[0].T).reshape(shape)

    return (Weight(f"{name}/kernel", shape, (f"{key}.weight",), "fold", forward, inverse),)


def _reshaped(name: str, shape: tuple[int, ...], key: str, flat: tuple[int, ...]) -> Weight:
    return Weight(
        name, shape, (key,), "reshape", lambda a: (a.reshape(flat),), lambda a: a[0].reshape(shape)
    )
