"""Outputs that say nothing on the weights that were drawn, and other draws on which they do.

A rectifier before the last product may be 0 for every record, as a density below 0 is, and then
wrong candidates have the same output. Which weights do that is chance, so others are drawn.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from parity.checking.case_runs import Reference
from parity.declaring.inputs import draw_weights
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError

_DRAWS = 4
_APART = 1000


def find_mute(pair: Pair, trace: Trace) -> list[str]:
    """Return the floating outputs all of whose elements are one number."""
    return [name for name in _telling(pair, trace) if np.ptp(trace.outputs[name]) == 0]


def is_mute(pair: Pair, trace: Trace) -> bool:
    """Return whether no output of several elements says anything, if there is one."""
    several = list(_telling(pair, trace))
    return bool(several) and len(find_mute(pair, trace)) == len(several)


def draw_again(
    pair: Pair, config: Configuration, task: Task, reference: Reference, mute: int
) -> Task | None:
    """Return the task with the first other weights that leave fewer outputs mute; None without any.

    Args:
        pair: the pair.
        config: its configuration.
        task: what was run.
        reference: the reference; a recorded one has no other runs.
        mute: how many outputs are mute with the task's own weights.
    """
    if reference.provenance is not None or not task.weights:
        return None
    for draw in range(1, _DRAWS + 1):
        weights = draw_weights(task.weight_map, task.seed + draw * _APART)
        other = replace(task, weights=weights)
        try:
            trace = reference.trace(pair, config, replace(other, differentiate=()))
        except ParityError:
            return None
        if len(find_mute(pair, trace)) < mute:
            return other
    return None


def _telling(pair: Pair, trace: Trace) -> Iterator[str]:
    """Yield the outputs of several floating elements that are compared one by one."""
    for name, array in trace.outputs.items():
        if array.dtype.kind == "f" and array.size > 1 and name not in pair.distributions:
            yield name
