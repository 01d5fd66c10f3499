"""How far a pass over the data is, as a state that can be saved and gone on from."""

from typing import Any

from converters.errors import InputError


class StateError(InputError):
    """A state that belongs to other data, another seed or another split over ranks."""


class Cursor:
    """The epoch under way and how many of its batches are behind.

    After a whole epoch comes the next. A pass that is given up begins anew, unless a state was
    loaded. `identity` is what must be the same for a state to mean the same batches.
    """

    def __init__(self, identity: dict[str, Any]) -> None:
        self.identity = identity
        self.epoch = 0
        self.batches = 0
        self._resume = 0

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be this epoch; from its start, unless a state in it was just loaded."""
        if epoch != self.epoch:
            self.epoch, self.batches, self._resume = epoch, 0, 0

    def begin(self) -> tuple[int, int]:
        """Begin a pass: its epoch, and the number of the batch that it begins with."""
        self.batches, self._resume = self._resume, 0
        return self.epoch, self.batches

    def step(self) -> None:
        """Count a batch that is about to be handed out."""
        self.batches += 1

    def finish(self) -> None:
        """End a pass that went to the end of its epoch."""
        self.epoch, self.batches = self.epoch + 1, 0

    def state_dict(self) -> dict[str, Any]:
        """The state: plain numbers and names, for torch.save or JSON.

        A state taken at an epoch's last batch stays in that epoch: the pass that goes on from it is
        empty, and what a training loop does at the end of an epoch is still done once.
        """
        return {"epoch": self.epoch, "batches": self.batches, **self.identity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the next pass go on from a state.

        Raises:
            StateError: naming what is another than here, or no count.
        """
        for name in ("epoch", "batches"):
            value = state.get(name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise StateError(f"the state's {name} is {value!r}; expected a whole number from 0")
        for name, expected in self.identity.items():
            if name not in state or state[name] != expected:
                raise StateError(
                    f"the state was taken with {name} {state.get(name)!r}, this has {expected!r}; "
                    "resume with the same data and settings, or begin anew"
                )
        self.epoch = state["epoch"]
        self.batches = self._resume = state["batches"]


class Resumable:
    """What is gone through epoch by epoch, and can be left and gone on with; it has a `cursor`."""

    cursor: Cursor

    def set_epoch(self, epoch: int) -> None:
        """Let the next pass be this epoch; from its start, unless a state in it was just loaded."""
        self.cursor.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Where the reading is; see `Cursor.state_dict`."""
        return self.cursor.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the next pass go on from a state.

        Raises:
            StateError: the state is of other data, another seed, batch size or split over ranks.
        """
        self.cursor.load_state_dict(state)
