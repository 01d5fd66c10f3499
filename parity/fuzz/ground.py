"""Where a hunt begins: the task that `check` would run, and what may be changed in it."""

from dataclasses import dataclass, replace

from parity.arrays import Arrays
from parity.checking.checker import Checker
from parity.declaring.domains import Domain, domains
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task

WEIGHT = "weight/"
# More rows than this show nothing that fewer do not, and every one of them costs.
MOST_ROWS = 6


@dataclass(frozen=True)
class Ground:
    """One pair under one configuration, as it is given, and what may be changed.

    `batch` holds for each input with an axis of records that axis; it is empty where there is none.
    `rows` is the length of those axes. `domains` are those of the inputs, and of the weights under
    "weight/<name>".
    """

    task: Task
    batch: dict[str, int]
    rows: int
    domains: tuple[Domain, ...]

    @property
    def most_rows(self) -> int:
        """How many rows a case may have; no more than there are where one may not stand twice."""
        fixed = any(domain.fixed and domain.input in self.batch for domain in self.domains)
        return min(self.rows, MOST_ROWS) if fixed else MOST_ROWS

    def arrays(self) -> Arrays:
        """Inputs and weights by one name each."""
        weights = {WEIGHT + name: array for name, array in self.task.weights.items()}
        return {**self.task.inputs, **weights}


def survey(checker: Checker, pair: Pair, config: Configuration) -> Ground:
    """The ground of a pair under a configuration, on the checker's inputs.

    Raises ParityError if the declaration fails.
    """
    task = checker.task(pair, config)
    batch = _batch_axes(checker, pair, config, task)
    rows = {task.inputs[name].shape[axis] for name, axis in batch.items()}
    weights = (
        Domain(WEIGHT + weight.name, low=1e-3 if weight.positive else -float("inf"))
        for weight in task.weight_map
    )
    found = (*domains(task.inputs, pair.domains), *weights)
    return Ground(task, batch, rows.pop() if rows else 0, found)


def _batch_axes(checker: Checker, pair: Pair, config: Configuration, task: Task) -> dict[str, int]:
    """The axis of records in each input: the one that follows the number of records given.

    Inputs that do not come from records have rows if the first axes of all are of one length.
    """
    given = checker.inputs.take(config.records)
    count = max((len(array) for array in given.arrays.values()), default=0)
    fewer = _with_records(checker, pair, config, count - 1) if count > 1 else None
    axes = {}
    for name, array in task.inputs.items():
        for axis, size in enumerate(array.shape):
            if size == count and (fewer is None or fewer.inputs[name].shape[axis] == count - 1):
                axes[name] = axis
                break
    return axes or (dict.fromkeys(task.inputs, 0) if _alike(checker, pair) else {})


def _alike(checker: Checker, pair: Pair) -> bool:
    """Whether the first axes of all inputs are of one length, and not by chance."""
    for config in pair.configs:
        firsts = {array.shape[:1] for array in checker.task(pair, config).inputs.values()}
        if len(firsts) != 1 or firsts & {(), (0,)}:
            return False
    return True


def _with_records(checker: Checker, pair: Pair, config: Configuration, count: int) -> Task:
    selection = replace(checker.selection, gradients=False)
    return Checker(checker.port, checker.inputs.take(count), selection).task(pair, config)
