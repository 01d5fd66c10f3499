"""Session of one side in training mode: masks handed in, steps counted, objects found."""

import functools
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, TypeVar

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import generator
from parity.declaring.port import Built
from parity.declaring.trace import Task
from parity.declaring.training_mode import Draw, MaskChange, Trained, TrainingMode
from parity.runners.transfer import in_reference_layout

FoundT = TypeVar("FoundT")

STEPS = 2
# How many objects are looked into before the search for layers is given up.
_MOST_OBJECTS = 20_000
# Modules whose objects and functions refer to nothing of a user's.
_LIBRARIES = ("torch", "tensorflow", "keras", "tf_keras", "numpy")


class Session(Protocol):
    """A side's training mode, or none."""

    def building(self) -> AbstractContextManager[None]:
        """Return the context in which the side is built."""

    def calling(self, built: Built) -> AbstractContextManager[None]:
        """Return the context in which the side is called and differentiated."""

    def finish(self, built: Built, again: Callable[[], object]) -> Arrays:
        """Return what the side has after each step, beside its outputs; `again` makes a step."""

    @property
    def trained(self) -> Trained | None:
        """Return what the run found; None in evaluation mode."""


class NoSession:
    """Evaluation mode: nothing is changed, and nothing is returned beside the outputs."""

    trained: Trained | None = None

    def building(self) -> AbstractContextManager[None]:
        """Return a context that does nothing."""
        return nullcontext()

    def calling(self, built: Built) -> AbstractContextManager[None]:
        """Return a context that does nothing."""
        return nullcontext()

    def finish(self, built: Built, again: Callable[[], object]) -> Arrays:
        """Return nothing."""
        return {}


class MaskSource:
    """Masks of one side, in the order in which it draws them; the same in every step."""

    def __init__(self, mode: TrainingMode, role: str, seed: int) -> None:
        self._mode, self._role, self._seed = mode, role, seed
        self._given = mode.numbers.get(role, ())
        self._changes = mode.changes.get(role, {})
        self._next = 0
        self.draws: list[Draw] = []
        self.random = ""
        self.frozen: list[str] = []
        self.fused: list[bool] = []

    def start_step(self) -> None:
        """Begin a step, which draws the same masks again."""
        self._next = 0

    def draw(
        self, rate: float, shape: tuple[int, ...], values: Callable[[], Array | None]
    ) -> tuple[Array, MaskChange | None]:
        """Return the numbers of the next mask, and the hypothesis on it, if there is one."""
        index = self._next
        self._next += 1
        if index < len(self.draws) and self.draws[index].shape == shape:
            return self.draws[index].numbers, self._changes.get(index)
        drawn = Draw(rate, shape, np.zeros(0, np.float32), values() if self._mode.watch else None)
        numbers = self._numbers(index, drawn)
        drawn = Draw(rate, shape, numbers, drawn.values)
        if index == len(self.draws):
            self.draws.append(drawn)
        return numbers, self._changes.get(index)

    def _numbers(self, index: int, drawn: Draw) -> Array:
        if index < len(self._given) and self._given[index].shape == drawn.shape:
            return self._given[index]
        chosen = self._mode.choose(drawn) if self._mode.choose else None
        if chosen is not None:
            return chosen
        name = f"dropout/{self._role}/{index}"
        return generator(name, self._seed).random(drawn.shape, dtype=np.float32)

    def trained(self, unmapped: tuple[str, ...] = ()) -> Trained:
        """Return what was found."""
        frozen = tuple(dict.fromkeys(self.frozen))
        return Trained(tuple(self.draws), self.random, frozen, tuple(self.fused), unmapped)


def state_after(role: str, task: Task, parameters: Arrays, step: int) -> Arrays:
    """Return the weights that training changes, named by the step, in the reference's layout."""
    assert task.training is not None
    by_key = {f"weight/{key}": array for key, array in parameters.items()}
    found = in_reference_layout(role, task, by_key)
    wanted = task.training.state
    names = [weight.name for weight in task.weight_map] if wanted is None else list(wanted)
    return {state_name(name, step): found[f"weight/{name}"] for name in names}


def states_after_steps(
    task: Task, masks: MaskSource, state: Callable[[int], Arrays], again: Callable[[], object]
) -> Arrays:
    """Return what a side has after each of the steps; none are made if nothing is asked for.

    Args:
        task: what is run, in training mode; its first step has been made.
        masks: the masks, which are the same in every step.
        state: returns what the side has after the step of a number.
        again: makes one step more.
    """
    assert task.training is not None
    if task.training.state == ():
        return {}
    found = state(1)
    for step in range(2, STEPS + 1):
        masks.start_step()
        again()
        found |= state(step)
    return found


def state_name(weight: str, step: int) -> str:
    """Return the name of an output that is a weight after a step."""
    return f"{weight} after step {step}"


def find_objects(root: object, kinds: type[FoundT] | tuple[type[FoundT], ...]) -> list[FoundT]:
    """Return the objects of the given kinds that a function or an object refers to.

    Closures, defaults, the globals that a function names, attributes, and what is in lists and
    mappings are followed; what is found is not looked into.
    """
    found: list[FoundT] = []
    seen: set[int] = set()
    waiting: list[object] = [root]
    while waiting and len(seen) < _MOST_OBJECTS:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, kinds):
            found.append(value)
        else:
            waiting += _referred(value)
    return found


def _referred(value: object) -> Iterator[object] | list[object]:
    if value is None or isinstance(value, (str, bytes, int, float, type, types.ModuleType)):
        return []
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, types.MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, types.FunctionType):
        return _of_function(value)
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if hasattr(value, "shape") or type(value).__module__.startswith(_LIBRARIES):
        return []
    wrapped = getattr(value, "__wrapped__", None)
    return [*vars(value).values(), wrapped] if hasattr(value, "__dict__") else [wrapped]


def _of_function(function: types.FunctionType) -> list[object]:
    if (function.__module__ or "").startswith(_LIBRARIES):
        return []
    held: list[object] = list(function.__defaults__ or ())
    held += (function.__kwdefaults__ or {}).values()
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # not assigned yet
            continue
    named = set(_names(function.__code__))
    held += [value for name, value in function.__globals__.items() if name in named]
    held.append(getattr(function, "__wrapped__", None))
    return held


def _names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def numbers_of(parameters: Mapping[str, Any], convert: Callable[[Any], Array]) -> Arrays:
    """Return the values of all parameters by key."""
    return {key: convert(value) for key, value in parameters.items()}
