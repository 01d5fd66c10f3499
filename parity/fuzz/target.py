"""Fuzz target: the task that `parity check` would run, and what may be changed in it."""

from dataclasses import dataclass, replace

from parity.arrays import Arrays
from parity.checking.checker import Checker
from parity.declaring.domains import Domain, domains
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task
from parity.fuzz.boundaries import find_boundaries

WEIGHT = "weight/"
# More rows find nothing more, and each row costs time.
MOST_ROWS = 6


@dataclass(frozen=True)
class FuzzTarget:
    """One pair under one configuration.

    `batch` maps each input that has an axis of records to that axis, and `rows` is the length of
    those axes. `domains` are those of the inputs, and of the weights under "weight/<name>". With
    `whole_batch`, every case has as many rows as the target, as the models take no other number.
    """

    task: Task
    batch: dict[str, int]
    rows: int
    domains: tuple[Domain, ...]
    whole_batch: bool = False

    @property
    def least_rows(self) -> int:
        """Return how few rows a case may have."""
        return self.rows if self.whole_batch else min(self.rows, 1)

    @property
    def most_rows(self) -> int:
        """Return how many rows a case may have; rows are not repeated if one input is fixed."""
        if self.whole_batch:
            return self.rows
        fixed = any(domain.fixed and domain.input in self.batch for domain in self.domains)
        return min(self.rows, MOST_ROWS) if fixed else MOST_ROWS

    def arrays(self) -> Arrays:
        """Return inputs and weights together, weights under "weight/<name>"."""
        weights = {WEIGHT + name: array for name, array in self.task.weights.items()}
        return {**self.task.inputs, **weights}


def make_target(checker: Checker, pair: Pair, config: Configuration) -> FuzzTarget:
    """Make the target of a pair under a configuration, from the checker's inputs.

    Raises ParityError if the declaration fails.
    """
    task = checker.task(pair, config)
    batch = _batch_axes(checker, pair, config, task)
    rows = {task.inputs[name].shape[axis] for name, axis in batch.items()}
    own = domains(task.inputs, pair.domains)
    weights = (
        Domain(WEIGHT + weight.name, low=1e-3 if weight.positive else -float("inf"))
        for weight in task.weight_map
    )
    numbers = find_boundaries(pair, task)
    inputs = (one if one.fixed else one.with_boundaries(numbers) for one in own)
    whole_batch = checker.port.batch is not None
    count = rows.pop() if rows else 0
    return FuzzTarget(task, batch, count, (*inputs, *weights), count > 0 and whole_batch)


def _batch_axes(checker: Checker, pair: Pair, config: Configuration, task: Task) -> dict[str, int]:
    """Return the axis of records of each input: the one whose length is the number of records.

    If no axis follows the number of records, the first axes count as rows, provided that all of
    them have the same length.
    """
    given = checker.inputs.take(config.records)
    count = max((len(array) for array in given.arrays.values()), default=0)
    fewer = None
    if count > 1 and checker.port.batch is None:
        fewer = _with_records(checker, pair, config, count - 1)
    axes = {}
    for name, array in task.inputs.items():
        for axis, size in enumerate(array.shape):
            if size == count and (fewer is None or fewer.inputs[name].shape[axis] == count - 1):
                axes[name] = axis
                break
    return axes or (dict.fromkeys(task.inputs, 0) if _first_axes_match(checker, pair) else {})


def _first_axes_match(checker: Checker, pair: Pair) -> bool:
    """Return True if in every configuration the first axes of all inputs have the same length.

    All configurations are checked, as the lengths may match by chance in one of them.
    """
    for config in pair.configs:
        firsts = {array.shape[:1] for array in checker.task(pair, config).inputs.values()}
        if len(firsts) != 1 or firsts & {(), (0,)}:
            return False
    return True


def _with_records(checker: Checker, pair: Pair, config: Configuration, count: int) -> Task:
    selection = replace(checker.selection, gradients=False)
    return Checker(checker.port, checker.inputs.take(count), selection).task(pair, config)
