"""Position in a pass over the data, as a state that can be saved and resumed."""

from typing import Any

from converters.errors import InputError


class Cursor:
    """The current epoch, and the number of its batches that were used.

    A complete epoch is followed by the next. An abandoned pass starts over, unless a state was
    loaded. `identity` must be equal for a state to mean the same batches.
    """

    def __init__(self, identity: dict[str, Any]) -> None:
        self.identity = identity
        self.epoch = 0
        self.batches = 0
        self._resume = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the next pass' epoch; from its start, unless a state in it was just loaded."""
        if epoch != self.epoch:
            self.epoch, self.batches, self._resume = epoch, 0, 0

    def begin(self) -> tuple[int, int]:
        """Begin a pass; return its epoch and the number of its first batch."""
        self.batches, self._resume = self._resume, 0
        return self.epoch, self.batches

    def step(self) -> None:
        """Count a batch that is about to be yielded."""
        self.batches += 1

    def finish(self) -> None:
        """End a complete pass."""
        self.epoch, self.batches = self.epoch + 1, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the state: plain numbers and names, for torch.save or JSON.

        A state taken at an epoch's last batch is still in that epoch: the pass resumed from it is
        empty, so that what a training loop does at the end of an epoch is done exactly once.
        """
        return {"epoch": self.epoch, "batches": self.batches, **self.identity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a state in the next pass.

        Raises:
            InputError: a part of its identity differs (named in the message), or a count is invalid
        """
        for name in ("epoch", "batches"):
            value = state.get(name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise InputError(f"the state's {name} is {value!r}; expected a whole number from 0")
        for name, expected in self.identity.items():
            if name not in state or state[name] != expected:
                raise InputError(
                    f"the state was saved with {name} {state.get(name)!r}, now it is {expected!r};"
                    " resume with the same data and settings, or start over"
                )
        self.epoch = state["epoch"]
        self.batches = self._resume = state["batches"]


class Resumable:
    """Base class of resumable iteration epoch by epoch; it has a `cursor`."""

    cursor: Cursor

    def set_epoch(self, epoch: int) -> None:
        """Choose the next pass' epoch; from its start, unless a state in it was just loaded."""
        self.cursor.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the position; see `Cursor.state_dict`."""
        return self.cursor.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a state in the next pass.

        Raises:
            InputError: the state has other data, or another seed, batch size or split over ranks.
        """
        self.cursor.load_state_dict(state)
