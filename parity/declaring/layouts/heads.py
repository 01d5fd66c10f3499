"""Weight maps of multi-head attention."""

from parity.declaring.layouts.moves import folded, reshaped, same
from parity.declaring.weight import Weight


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
            held = f"{key}.in_proj_bias[{number}]"
            found.append(reshaped(f"{name}/{part}/bias", shape[1:], held, (size,)))
    shape = (heads, size // heads, size)
    found.append(folded(f"{name}/output/kernel", shape, f"{key}.out_proj.weight", (size, size)))
    if bias:
        found.append(same(f"{name}/output/bias", (size,), f"{key}.out_proj.bias"))
    return tuple(found)
