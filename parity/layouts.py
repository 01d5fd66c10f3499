"""Weight maps of common layers between Keras' and PyTorch's layouts, to declare a port with.

Each function gives the `Weight`s of one layer: `name` is the prefix of the canonical names, `key`
that of the candidate's. Keras keeps dense kernels as (in, out) and convolutions' as (height, width,
in, out), PyTorch as (out, in) and (out, in, height, width).
"""

from collections.abc import Callable

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


def conv(
    name: str, key: str, shape: tuple[int, ...], bias: bool = True, turned: bool = False
) -> tuple[Weight, ...]:
    """A Keras convolution over one to three axes as torch's, groups or not.

    Args:
        name: of the layer in Keras.
        key: of the layer in PyTorch.
        shape: of Keras' kernel, (*size, in, out); if turned (*size, out, in).
        bias: whether there is one.
        turned: for transposed convolutions, whose kernels PyTorch has as (in, out, *size).
    """
    size = len(shape) - 2
    axes = (size + 1, size, *range(size))
    kernel = transposed(f"{name}/kernel", shape, f"{key}.weight", axes)
    outputs = shape[-2] if turned else shape[-1]
    return (kernel, *([same(f"{name}/bias", (outputs,), f"{key}.bias")] if bias else []))


def depthwise_conv2d(
    name: str,
    key: str,
    size: tuple[int, int],
    inputs: int,
    multiplier: int = 1,
    bias: bool = True,
    kernel: str = "kernel",
) -> tuple[Weight, ...]:
    """A Keras DepthwiseConv2D, (height, width, in, multiplier), as a Conv2d with a group a channel.

    The kernel's own name is "kernel" in Keras 3, "depthwise_kernel" in Keras 2.
    """
    outputs = inputs * multiplier
    turned = (inputs, multiplier, *size)
    held = Weight(
        f"{name}/{kernel}",
        (*size, inputs, multiplier),
        (f"{key}.weight",),
        "depthwise",
        lambda a: (np.ascontiguousarray(a.transpose(2, 3, 0, 1)).reshape(outputs, 1, *size),),
        lambda a: np.ascontiguousarray(a[0].reshape(turned).transpose(2, 3, 0, 1)),
    )
    return (held, *([same(f"{name}/bias", (outputs,), f"{key}.bias")] if bias else []))


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


def simple_rnn(name: str, key: str, inputs: int, units: int) -> tuple[Weight, ...]:
    """A Keras SimpleRNN as a torch RNN of one layer; of the biases as for `lstm`."""
    return (
        transposed(f"{name}/kernel", (inputs, units), f"{key}.weight_ih_l0", (1, 0)),
        transposed(f"{name}/recurrent_kernel", (units, units), f"{key}.weight_hh_l0", (1, 0)),
        same(f"{name}/bias", (units,), f"{key}.bias_ih_l0"),
    )


def gru(name: str, key: str, inputs: int, units: int) -> tuple[Weight, ...]:
    """A Keras GRU with `reset_after` (its default) as a torch GRU of one layer.

    Keras has the gates z, r, h, PyTorch r, z, n, and both have a bias for the inputs and one for
    the state. Without `reset_after` a GRU is another computation, which torch.nn.GRU cannot do.
    """
    gates = (1, 0, 2)
    return (
        gated(f"{name}/kernel", (inputs, 3 * units), f"{key}.weight_ih_l0", gates, (1, 0)),
        gated(f"{name}/recurrent_kernel", (units, 3 * units), f"{key}.weight_hh_l0", gates, (1, 0)),
        gated_rows(f"{name}/bias", units, (f"{key}.bias_ih_l0", f"{key}.bias_hh_l0"), gates),
    )


def gated(
    name: str,
    shape: tuple[int, ...],
    key: str,
    gates: tuple[int, ...],
    axes: tuple[int, ...] | None = None,
) -> Weight:
    """A weight whose last axis holds the gates one after another, which the candidate orders anew.

    Args:
        name: of the weight in the reference.
        shape: in the reference.
        key: of the weight in the candidate.
        gates: the number in the reference of each of the candidate's gates, in its order.
        axes: how the axes are transposed afterwards, as for `transposed`; None if they are not.
    """
    order = tuple(axes or range(len(shape)))
    away, home = _reordered(gates), _reordered(tuple(int(g) for g in np.argsort(gates)))
    back = tuple(int(axis) for axis in np.argsort(order))
    return Weight(
        name,
        shape,
        (key,),
        f"gates {gates}, transpose {order}" if axes else f"gates {gates}",
        lambda array: (np.ascontiguousarray(away(array).transpose(order)),),
        lambda arrays: np.ascontiguousarray(home(arrays[0].transpose(back))),
    )


def _reordered(gates: tuple[int, ...]) -> Callable[[Array], Array]:
    def reordered(array: Array) -> Array:
        split = array.reshape(*array.shape[:-1], len(gates), -1)
        return split[..., list(gates), :].reshape(array.shape)

    return reordered


def gated_rows(name: str, units: int, keys: tuple[str, str], gates: tuple[int, ...]) -> Weight:
    """Keras' (2, gates) as two vectors, for the inputs and for the state."""
    away, home = _reordered(gates), _reordered(tuple(int(g) for g in np.argsort(gates)))
    return Weight(
        name,
        (2, len(gates) * units),
        keys,
        f"rows, gates {gates}",
        lambda array: tuple(np.ascontiguousarray(row) for row in away(array)),
        lambda arrays: np.ascontiguousarray(home(np.stack(arrays))),
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
        weight = f"{key}.{part}.weight"
        found.append(folded(f"{name}/{part}/kernel", shape, weight, (size, inner)))
        found.append(reshaped(f"{name}/{part}/bias", shape[1:], f"{key}.{part}.bias", (inner,)))
    shape, weight = (heads, head_size, size), f"{key}.output.weight"
    found.append(folded(f"{name}/output/kernel", shape, weight, (inner, size)))
    return (*found, same(f"{name}/output/bias", (size,), f"{key}.output.bias"))


def multi_head_attention(
    name: str, key: str, size: int, heads: int, bias: bool = True
) -> tuple[Weight, ...]:
    """A Keras MultiHeadAttention as a torch MultiheadAttention; heads of size / heads.

    PyTorch holds query, key and value in one `in_proj_weight`: the candidate's parameters must be
    its thirds, by "in_proj_weight[0]" and so on, as `split` of parity.models.port gives them.
    """
    shape = (size, heads, size // heads)
    found: list[Weight] = []
    for number, part in enumerate(("query", "key", "value")):
        weight = f"{key}.in_proj_weight[{number}]"
        found.append(folded(f"{name}/{part}/kernel", shape, weight, (size, size)))
        if bias:
            held = f"{key}.in_proj_bias[{number}]"
            found.append(reshaped(f"{name}/{part}/bias", shape[1:], held, (size,)))
    shape = (heads, size // heads, size)
    found.append(folded(f"{name}/output/kernel", shape, f"{key}.out_proj.weight", (size, size)))
    if bias:
        found.append(same(f"{name}/output/bias", (size,), f"{key}.out_proj.bias"))
    return tuple(found)


def folded(name: str, shape: tuple[int, ...], key: str, flat: tuple[int, int]) -> Weight:
    """A weight folded to the matrix `flat` and transposed, as the heads of an attention are."""

    def forward(array: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(array.reshape(flat).T),)

    def inverse(arrays: tuple[Array, ...]) -> Array:
        return np.ascontiguousarray(arrays[0].T).reshape(shape)

    return Weight(name, shape, (key,), "fold", forward, inverse)


def reshaped(name: str, shape: tuple[int, ...], key: str, flat: tuple[int, ...]) -> Weight:
    """A weight that the candidate has in another shape, its elements in the same order."""
    return Weight(
        name, shape, (key,), "reshape", lambda a: (a.reshape(flat),), lambda a: a[0].reshape(shape)
    )
