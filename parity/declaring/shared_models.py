"""Whole models that several runs share: making one takes longer than calling a layer of it.

A side that is a layer of two whole models makes both models for each run, hundreds of times in a
check. Within `sharing`, each model is made once in each dtype. A layer that keeps something from
one call to the next would compute something else the second time, so what a layer holds besides
the weights that each run assigns is compared before it is called again.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Generic, TypeVar

from parity.errors import ParityError

ModelT = TypeVar("ModelT")
Key = tuple[object, ...]
State = dict[tuple[int, str], object]
"""Contents of each part of a layer, by its place among the parts and the attribute's name."""

_PLAIN = (bool, int, float, complex, str, bytes)


class SharedModels:
    """Models by key: what they are, and their dtype."""

    def __init__(self) -> None:
        self._made: dict[Key, object] = {}
        # By model and layer: what the layer held before its first call.
        self._held: dict[tuple[Key, Hashable], State] = {}
        self._changing: set[Hashable] = set()
        # A model that could not be made is not tried again: some cannot be called in float64.
        self._failed: dict[Key, ParityError] = {}

    def get(
        self,
        key: Key,
        layer: Hashable,
        make: Callable[[], ModelT],
        state: Callable[[ModelT], State],
    ) -> ModelT:
        """Return the model of a key, made anew if calls of the layer have changed the layer.

        Raises the ParityError that `make` raises, or raised before.
        """
        if (key, layer) in self._held and key in self._made:
            model: ModelT = self._made[key]  # type: ignore[assignment]
            if not same_state(self._held[key, layer], state(model)):
                self._changing.add(layer)
                self._forget(key)
        if layer in self._changing:
            return make()
        if key in self._failed:
            raise self._failed[key]
        if key not in self._made:
            try:
                self._made[key] = make()
            except ParityError as error:
                self._failed[key] = error
                raise
        model = self._made[key]  # type: ignore[assignment]
        if (key, layer) not in self._held:
            self._held[key, layer] = state(model)
        return model

    def found(self, key: Key, layer: Hashable, state: Callable[[ModelT], State]) -> ModelT | None:
        """Return a model that the layer was called in before and that it has not changed."""
        held = self._held.get((key, layer))
        if held is None or key not in self._made:
            return None
        model: ModelT = self._made[key]  # type: ignore[assignment]
        return model if same_state(held, state(model)) else None

    def _forget(self, key: Key) -> None:
        del self._made[key]
        self._held = {pair: held for pair, held in self._held.items() if pair[0] != key}

    def clear(self) -> None:
        """Forget all models."""
        self._made.clear()
        self._held.clear()


_of_layers: SharedModels | None = None
_of_wholes: SharedModels | None = None
_tracking = False


def shared_models(whole: bool) -> SharedModels | None:
    """Return what is shared here, by whole models or by layers; None if each run makes its own."""
    return _of_wholes if whole else _of_layers or _of_wholes


@contextmanager
def sharing(models: SharedModels | None) -> Iterator[None]:
    """Share these models between the layers that the block runs; with None, share nothing."""
    global _of_layers, _of_wholes
    before = _of_layers, _of_wholes
    _of_layers = models
    _of_wholes = None if models is None else _of_wholes
    try:
        yield
    finally:
        _of_layers, _of_wholes = before


@contextmanager
def tracking_constants() -> Iterator[None]:
    """Take the runs of the block for ones with changed constants, some held by the model."""
    global _tracking
    before, _tracking = _tracking, True
    try:
        yield
    finally:
        _tracking = before


def tracks_constants() -> bool:
    """Return whether models made here are built of changed constants."""
    return _tracking


@contextmanager
def sharing_wholes() -> Iterator[None]:
    """Share models between the runs of the block, those of whole models too."""
    global _of_wholes
    before, _of_wholes = _of_wholes, SharedModels()
    try:
        yield
    finally:
        _of_wholes = before


def state_of(parts: Iterable[Mapping[str, object]], copy: Callable[[object], object]) -> State:
    """Return what parts of a layer hold, so that it can be compared with what they hold later.

    Args:
        parts: the attributes of each part.
        copy: returns an array's or tensor's own mark, equal as long as it is not changed; other
            values as they are.
    """
    return {
        (number, name): _mark(value, copy)
        for number, part in enumerate(parts)
        for name, value in part.items()
    }


def _mark(value: object, copy: Callable[[object], object]) -> object:
    if isinstance(value, Mapping):
        return _Several(tuple((name, _mark(one, copy)) for name, one in value.items()))
    if isinstance(value, (list, tuple)):
        return _Several(tuple(_mark(one, copy) for one in value))
    return copy(value)


class _Several(Generic[ModelT]):
    """Marks of what a container holds."""

    def __init__(self, held: tuple[object, ...]) -> None:
        self.held = held


def same_state(one: State, other: State) -> bool:
    """Return whether two states of a layer are the same."""
    return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)


def _same(one: object, other: object) -> bool:
    if one is other:
        return True
    if isinstance(one, _Several):
        one, other = one.held, getattr(other, "held", None)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and isinstance(one, _PLAIN) and one == other
