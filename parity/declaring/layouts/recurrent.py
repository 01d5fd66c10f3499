"""Weight maps of recurrent layers, to torch's own layers and to cells made of two Linears.

A torch.nn.LSTM, GRU or RNN with several layers or directions corresponds to several of Keras'
layers. `end` selects one of them by the ending of its weights' names: "_l0", "_l1" and so on,
"_l0_reverse" for the backward direction, "" for an LSTMCell, GRUCell or RNNCell.
"""

from parity.declaring.layouts.moves import gated, gated_rows, same, transposed
from parity.declaring.weight import Weight


def lstm(
    name: str, key: str, inputs: int, units: int, end: str = "_l0", bias: bool = True
) -> tuple[Weight, ...]:
    """Map a Keras LSTM to one layer of a torch LSTM; the gates of both are i, f, g (Keras: c), o.

    PyTorch adds two biases where Keras has one: set `bias_hh_l0` to zero and leave it out of the
    candidate's parameters.
    """
    return _one_bias(name, key, (inputs, units, 4), end, bias)


def simple_rnn(
    name: str, key: str, inputs: int, units: int, end: str = "_l0", bias: bool = True
) -> tuple[Weight, ...]:
    """Map a Keras SimpleRNN to one layer of a torch RNN; for its biases see `lstm`."""
    return _one_bias(name, key, (inputs, units, 1), end, bias)


def _one_bias(
    name: str, key: str, sizes: tuple[int, int, int], end: str, bias: bool
) -> tuple[Weight, ...]:
    inputs, units, gates = sizes
    wide = gates * units
    return (
        transposed(f"{name}/kernel", (inputs, wide), f"{key}.weight_ih{end}", (1, 0)),
        transposed(f"{name}/recurrent_kernel", (units, wide), f"{key}.weight_hh{end}", (1, 0)),
        *([same(f"{name}/bias", (wide,), f"{key}.bias_ih{end}")] if bias else []),
    )


def gru(
    name: str, key: str, inputs: int, units: int, end: str = "_l0", bias: bool = True
) -> tuple[Weight, ...]:
    """Map a Keras GRU with `reset_after` (its default) to one layer of a torch GRU.

    Keras orders the gates z, r, h, PyTorch r, z, n; both have one bias for the inputs and one for
    the state. A GRU without `reset_after` is another computation, which torch.nn.GRU cannot do.
    """
    gates = (1, 0, 2)
    kernels = (f"{key}.weight_ih{end}", f"{key}.weight_hh{end}")
    biases = (f"{key}.bias_ih{end}", f"{key}.bias_hh{end}")
    return (
        gated(f"{name}/kernel", (inputs, 3 * units), kernels[0], gates, (1, 0)),
        gated(f"{name}/recurrent_kernel", (units, 3 * units), kernels[1], gates, (1, 0)),
        *([gated_rows(f"{name}/bias", units, biases, gates)] if bias else []),
    )


def linear_cell(
    name: str,
    keys: tuple[str, str],
    inputs: int,
    units: int,
    gates: tuple[int, ...],
    bias: tuple[str, ...] = (),
) -> tuple[Weight, ...]:
    """Map a Keras SimpleRNN, LSTM or GRU to two torch Linears, for the inputs and for the state.

    Args:
        name: the name of the layer (or cell) in Keras.
        keys: the names of the two Linears in PyTorch.
        inputs: the size of an input.
        units: the size of the state.
        gates: Keras' number of each of the candidate's gates, in the candidate's order; (0,) if
            there are no gates.
        bias: the Linears that hold Keras' bias: both for a GRU with `reset_after`, which has two,
            else one; a bias of the other Linear must stay zero.
    """
    wide, axes = len(gates) * units, (1, 0)
    names = tuple(f"{key}.bias" for key in bias)
    kernel = (f"{name}/kernel", (inputs, wide), f"{keys[0]}.weight")
    recurrent = (f"{name}/recurrent_kernel", (units, wide), f"{keys[1]}.weight")
    if gates == tuple(range(len(gates))):
        kernels = (transposed(*kernel, axes), transposed(*recurrent, axes))
    else:
        kernels = (gated(*kernel, gates, axes), gated(*recurrent, gates, axes))
    if len(names) == 2:
        return (*kernels, gated_rows(f"{name}/bias", units, (names[0], names[1]), gates))
    return (*kernels, *(_gated_bias(f"{name}/bias", wide, key, gates) for key in names))


def _gated_bias(name: str, wide: int, key: str, gates: tuple[int, ...]) -> Weight:
    if gates == tuple(range(len(gates))):
        return same(name, (wide,), key)
    return gated(name, (wide,), key, gates)
