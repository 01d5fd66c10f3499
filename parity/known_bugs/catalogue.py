"""Catalogue of known bugs: their numbers and titles, and those that a pair allows.

To add one: give it a number and a title here, and let the module for its kind of change generate it
(`weights`, `inputs_outputs`, `operations`, `options`, `optimizers`). A bug that only one port can
have belongs in that port's `Port.known_bugs`.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from parity.arrays import Arrays
from parity.declaring.known_bug import ChangedInputs, ChangedWeights, KnownBug
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.known_bugs import inputs_outputs, operations, options, weights

# Collected from issue threads of the frameworks and of ports. The engine never plants the numbers
# missing here, which need a GPU, an exporter or a training run.
TITLES = {
    1: "kernel not transposed",
    2: "GRU gates in another order",
    3: "the GRU's two biases summed",
    5: "first row's values used for every row",
    6: "LSTM gates in another order",
    7: "dropout masks of a recurrent cell",
    8: "Adam's epsilon after the bias correction",
    10: "weight decay multiplied by the learning rate",
    11: "L2 in the gradient instead of weight decay",
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
    33: "corners aligned when resizing",
    34: "float64 bytes read as float32",
    35: "sum or mean",
    36: "warm-up from 0",
    37: "training mode left on",
    38: "transposed view saved without a copy",
}
UNNUMBERED = "others, without a number"


def title(number: int | None) -> str:
    """Return the title of a number, or the one shared by all bugs without a number."""
    return UNNUMBERED if number is None else TITLES[number]


def generate_known_bugs(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    outputs: Arrays,
    thorough: bool,
    options_read: frozenset[str] | None = None,
) -> list[KnownBug]:
    """Return the known bugs that a pair allows under a configuration, likeliest kinds first.

    Args:
        port: the port; its own bugs come first.
        pair: one of its pairs, whose candidate must run.
        config: one of the pair's configurations.
        task: what an isolated case of the pair runs.
        outputs: the reference's outputs.
        thorough: whether to generate every order of gates, every swap and every way to do a call,
            instead of a few examples of each.
        options_read: the options that may be wrong; None for those that the port's candidate reads.
    """
    own = [b for b in port.known_bugs if b.layer == pair.layer and b.config in (None, config.name)]
    if pair.distributions:
        # The outputs are random samples, so the order of their rows is meaningless.
        return own
    if options_read is None:
        options_read = options.read_options(port.pair(pair.layer), task)
    found = [
        *own,
        *weights.generate_weight_bugs(task.weight_map, thorough),
        *operations.generate_operation_bugs(
            operations.record_calls(pair, task, repairs=thorough), thorough
        ),
        *inputs_outputs.generate_input_bugs(task.inputs),
        *(inputs_outputs.generate_exchanged_inputs(task.inputs) if thorough else ()),
        *options.generate_option_bugs(pair, config, options_read),
        *inputs_outputs.generate_output_bugs(outputs),
        *(inputs_outputs.generate_exchanged_outputs(outputs) if thorough else ()),
    ]
    return list(_with_an_effect_of_its_own(found, task))


def _with_an_effect_of_its_own(found: Sequence[KnownBug], task: Task) -> Iterator[KnownBug]:
    """Yield the bugs that change something, but for exchanges that one before them makes."""
    inputs = [task.inputs]
    for bug in found:
        match bug.change:
            case ChangedWeights(apply):
                if _equal(apply(dict(task.weights)), task.weights):
                    continue
            case ChangedInputs(apply):
                changed = apply(dict(task.inputs))
                earlier = inputs if bug.change.undoes_itself else inputs[:1]
                if any(_equal(changed, one) for one in earlier):
                    continue
                inputs.append(changed)
            case _:
                pass
        yield bug


def _equal(one: Arrays, other: Arrays) -> bool:
    return all(np.array_equal(one[name], other[name]) for name in other)
