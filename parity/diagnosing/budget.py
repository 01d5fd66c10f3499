"""Processor time that the search for one root cause may take, and what it is trying."""

import time
from collections.abc import Callable

SECONDS = 900.0
"""The processor time of a search whose caller names none."""
CHECK_SECONDS = 60.0
"""The processor time that `parity check` takes for one divergence, if the user names none."""


class Budget:
    """Processor time for one search, counted from when this is made.

    It is the time of this process, of all its threads, so that what is found does not depend on
    what else the machine does.

    Args:
        seconds: how much it may take.
        say: shows what is being tried, in words.
    """

    def __init__(
        self, seconds: float = SECONDS, say: Callable[[str], None] = lambda text: None
    ) -> None:
        self.seconds, self.say = seconds, say
        self._deadline = time.process_time() + seconds

    @property
    def left(self) -> float:
        """Return the seconds that are left; negative if it took longer."""
        return self._deadline - time.process_time()

    @property
    def over(self) -> bool:
        """Return whether the time is used up."""
        return self.left <= 0

    def part(self, part: float) -> "Budget":
        """Return a budget of a part of the whole time, counted from now, or of what is left."""
        return Budget(min(self.seconds * part, self.left), self.say)
