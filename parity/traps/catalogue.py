"""Every known mistake that a pair allows, in one list."""

from collections.abc import Iterator

import numpy as np

from parity.port import Arrays, Configuration, Pair, Port
from parity.trace import Task
from parity.traps import data, operations, weights
from parity.traps.mistake import Mistake


def possible(
    port: Port, pair: Pair, config: Configuration, task: Task, outputs: Arrays, thorough: bool
) -> list[Mistake]:
    """The mistakes that a pair allows under a configuration, likeliest kinds first.

    Args:
        port: the port, whose own mistakes come first.
        pair: one of its pairs, of which the candidate must run.
        config: one of the pair's configurations.
        task: what an isolated case of it runs.
        outputs: what the reference gives.
        thorough: also those of which others are examples (all orders of gates, all exchanges).
    """
    own = [m for m in port.mistakes if m.layer == pair.layer and m.config in (None, config.name)]
    if pair.distributions:
        # Random values: which row is which means nothing.
        return own
    found = [
        *own,
        *weights.mistakes(task.weight_map, thorough),
        *operations.mistakes(operations.recorded(pair, task)),
        *data.of_inputs(task.inputs),
        *_options(pair, config),
        *data.of_outputs(outputs),
    ]
    return [mistake for mistake in found if not _changes_nothing(mistake, task)]


def _options(pair: Pair, config: Configuration) -> Iterator[Mistake]:
    """Every option as another configuration of the pair has it."""
    for key, held in config.options.items():
        values = [other.options[key] for other in pair.configs if key in other.options]
        for value in dict.fromkeys(v for v in values if isinstance(v, (str, int, float, bool))):
            if value != held:
                yield Mistake(
                    None, f"option {key} {value}", f"{held}", options={**config.options, key: value}
                )


def _changes_nothing(mistake: Mistake, task: Task) -> bool:
    for change, arrays in ((mistake.weights, task.weights), (mistake.inputs, task.inputs)):
        if change is not None:
            changed = change(dict(arrays))
            return all(np.array_equal(changed[name], arrays[name]) for name in arrays)
    return False
