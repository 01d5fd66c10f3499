"""Every known mistake that a pair allows, in one list."""

import numpy as np

from parity.arrays import Arrays
from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.known_bugs import data, operations, options, weights


def possible(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    outputs: Arrays,
    thorough: bool,
    options_read: frozenset[str] | None = None,
) -> list[KnownBug]:
    """The mistakes that a pair allows under a configuration, likeliest kinds first.

    Args:
        port: the port, whose own mistakes come first.
        pair: one of its pairs, of which the candidate must run.
        config: one of the pair's configurations.
        task: what an isolated case of it runs.
        outputs: what the reference gives.
        thorough: also those of which others are examples (all orders of gates, all exchanges).
        options_read: the options that may be wrong; those that the port's candidate looks up if
            None.
    """
    own = [m for m in port.known_bugs if m.layer == pair.layer and m.config in (None, config.name)]
    if pair.distributions:
        # Random values: which row is which means nothing.
        return own
    if options_read is None:
        options_read = options.read(port.pair(pair.layer), task)
    found = [
        *own,
        *weights.known_bugs(task.weight_map, thorough),
        *operations.known_bugs(operations.recorded(pair, task), thorough),
        *data.of_inputs(task.inputs),
        *options.known_bugs(pair, config, options_read),
        *data.of_outputs(outputs),
    ]
    return [mistake for mistake in found if not _changes_nothing(mistake, task)]


def _changes_nothing(mistake: KnownBug, task: Task) -> bool:
    for change, arrays in ((mistake.weights, task.weights), (mistake.inputs, task.inputs)):
        if change is not None:
            changed = change(dict(arrays))
            return all(np.array_equal(changed[name], arrays[name]) for name in arrays)
    return False
