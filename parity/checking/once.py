"""Runs that several cases share: each is made once, and fails once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from parity.checking.time_limit import TimeUp
from parity.errors import ParityError

_T = TypeVar("_T")


class OnceEach(Generic[_T]):
    """Runs of the whole model, by its configuration.

    A run that failed is not tried again: the error is raised each time.
    """

    def __init__(self) -> None:
        self._made: dict[str, _T] = {}
        self._failed: dict[str, ParityError] = {}

    def __contains__(self, configuration: str) -> bool:
        """Return whether a configuration was run."""
        return configuration in self._made

    def __getitem__(self, configuration: str) -> _T:
        """Return the run of a configuration."""
        return self._made[configuration]

    def items(self) -> Iterable[tuple[str, _T]]:
        """Return what was run, by configuration."""
        return self._made.items()

    def with_more(self, made: Mapping[str, _T]) -> "OnceEach[_T]":
        """Return a copy that has these runs, too."""
        copy = OnceEach[_T]()
        copy._made = {**self._made, **made}
        return copy

    def get(self, configuration: str, run: Callable[[], _T]) -> _T:
        """Return the run of a configuration, which is made if it was not.

        Raises ParityError if it fails, or failed before.
        """
        if configuration in self._failed:
            raise self._failed[configuration]
        if configuration not in self._made:
            try:
                self._made[configuration] = run()
            except ParityError as error:
                self._failed[configuration] = error
                raise
            except TimeUp:
                self._failed[configuration] = ParityError(
                    f"the whole model ran out of time under {configuration} (--timeout); this case "
                    "needs its intermediates"
                )
                raise
        return self._made[configuration]
