"""The numbers of the known mistakes, and a few words for each.

Collected from issue threads of the frameworks and of ports; what a number has no entry for here is
never planted by the engine itself (it needs a GPU, an exporter, or a training run).
"""

TITLES = {
    1: "kernel not transposed",
    2: "GRU gates in another order",
    3: "the GRU's two biases summed",
    5: "the first row's values used for every row",
    6: "LSTM gates in another order",
    7: "dropout masks of a recurrent cell",
    8: "Adam's epsilon after the bias correction",
    10: "weight decay times the learning rate",
    11: "l2 in the gradient for weight decay",
    13: "BatchNorm's epsilon",
    15: "LayerNorm's epsilon",
    16: "SAME padding on the wrong side",
    17: "codes out of range",
    19: "slope of leaky_relu",
    20: "GELU by tanh or by erf",
    21: "Keras 2's hard sigmoid",
    22: "how a mask is applied",
    23: "the wrong axis",
    24: "squeeze without an axis",
    25: "std with or without Bessel's correction",
    26: "initial values",
    27: "rounding from float to integer",
    28: "epsilon under a root left out",
    29: "weights under the wrong name, or not loaded",
    30: "constant weights",
    32: "channels first or last when flattened",
    33: "corners aligned when resized",
    34: "float64 bytes read as float32",
    35: "sum or mean",
    36: "warm-up from 0",
    37: "training mode left on",
    38: "a transposed view's buffer stored as it lies",
}
OTHER = "beyond the list"


def title(trap: int | None) -> str:
    """The few words for a number; those for None are for mistakes that have none."""
    return OTHER if trap is None else TITLES[trap]
