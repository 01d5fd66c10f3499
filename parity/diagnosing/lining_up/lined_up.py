"""Runs of both sides lined up: the tensors that they share, and the calls that part from it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from parity.arrays import Array
from parity.declaring.constants import ConstantChanges
from parity.declaring.frameworks import call_tools
from parity.declaring.grafts import Leaf, SeenCall, SeenRun
from parity.declaring.operation_watch import OperationWatch
from parity.declaring.port import Pair
from parity.declaring.trace import Task
from parity.diagnosing.lining_up.matching import Layout, Numbers, find_layout
from parity.errors import ParityError
from parity.known_bugs.planting import with_call
from parity.runners.side import run_side

Shared = dict[int, tuple[int, Layout]]
"""By tensor of the reference: the candidate's of the same numbers, and the layout."""


@dataclass(frozen=True)
class Parted:
    """A call whose result the reference has nowhere, or with which the candidate ends too early.

    Args:
        number: its number among the calls of the run.
        index: its index among those of its kind.
        among: the numbers of all calls that the same expression makes.
    """

    number: int
    index: int
    among: tuple[int, ...]


class LinedUp:
    """One run of each side, operation by operation.

    Args:
        watch: the reference's.
        seen: the candidate's.
        records: how many records both were given.
        dtype: the dtype of both.
    """

    def __init__(
        self, watch: OperationWatch, seen: SeenRun, records: int, dtype: str = "float64"
    ) -> None:
        self.watch, self.seen, self.records, self._dtype = watch, seen, records, dtype
        self._alike: dict[int, list[tuple[int, Layout]]] = defaultdict(list)
        self._known: set[int] = set()
        self._match()
        self._returned = {
            one: (number, place)
            for number, call in enumerate(seen.calls)
            for place, one in enumerate(call.returned)
        }

    def _match(self) -> None:
        """Find the tensors that hold the same numbers."""
        tensors = self.watch.tensors
        # A constant of one element may be anything.
        numbers = Numbers(
            tensors,
            (n for n, each in enumerate(tensors) if n not in self.watch.constants or each.size > 1),
            self._dtype,
        )
        for own, array in enumerate(self.seen.tensors):
            for number in numbers.holding(array):
                layout = find_layout(array, tensors[number], self._dtype)
                if layout is not None:
                    self._alike[number].append((own, layout))
                    self._known.add(own)

    @cached_property
    def parted(self) -> list[Parted]:
        """Return the calls whose results the reference lacks, the first of each expression."""
        return self._places(lambda call: not self.is_known(call.returned[0]))

    @cached_property
    def ended(self) -> list[Parted]:
        """Return the calls that end the candidate's computation where the reference's goes on."""
        given = {tensor for call in self.seen.calls for tensor in call.given}
        used = {tensor for each in self.watch.operations for tensor in each.given}
        goes_on = {
            own for tensor, alike in self._alike.items() if tensor in used for own, _ in alike
        }
        return self._places(lambda call: call.returned[0] in goes_on - given)

    def _places(self, wanted: Callable[[SeenCall], bool]) -> list[Parted]:
        """Return the candidate's own calls that are wanted, the first of each expression."""
        together: dict[tuple[str, object], list[int]] = defaultdict(list)
        for number, call in enumerate(self.seen.calls):
            # What no code of the candidate's makes is known by its number alone.
            together[call.kind, call.written.called or number].append(number)
        counted: Counter[str] = Counter()
        found: list[Parted] = []
        done: set[int] = set()
        for number, call in enumerate(self.seen.calls):
            counted[call.kind] += 1
            own = call.written.called is not None or call.written.module
            if own and len(call.returned) == 1 and wanted(call):
                same = together[call.kind, call.written.called or number]
                if number not in done:
                    found.append(Parted(number, counted[call.kind] - 1, tuple(same)))
                done.update(same)
        return found

    def first(self, count: int) -> set[tuple[str, int | None]]:
        """Return the kind, and the index within it, of the first calls that part."""
        parted = self.parted[:count]
        return {(self.seen.calls[one.number].kind, one.index) for one in parted}

    def bypassed(self, parted: Parted) -> Parted | None:
        """Return the first call that leads to another one and parts as well; None if none does."""
        leading = set()
        left = list(self.seen.calls[parted.number].given)
        while left:
            tensor = left.pop()
            made = self._returned.get(tensor, (-1, 0))[0]
            if made >= 0 and made not in leading and not self.is_known(tensor):
                leading.add(made)
                left += self.seen.calls[made].given
        return next((one for one in self.parted if one.number in leading), None)

    def is_known(self, tensor: int) -> bool:
        """Return whether the reference has a tensor of the candidate's."""
        return tensor in self._known

    def result(self, number: int) -> Array:
        """Return what a call returned."""
        return self.seen.tensors[self.seen.calls[number].returned[0]]

    def leaf(self, tensor: int, number: int) -> Leaf | None:
        """Return how a tensor of the candidate is found at a call; None if it is not."""
        call = self.seen.calls[number]
        if tensor in call.names:
            return Leaf(name=call.names[tensor])
        if tensor in call.given:
            return Leaf(given=call.given.index(tensor))
        if tensor in self.seen.inputs:
            return Leaf(input=self.seen.inputs[tensor])
        made, place = self._returned.get(tensor, (number, 0))
        return Leaf(call=made, place=place) if made < number else None

    def shared(self, number: int) -> Shared:
        """Return the tensors of the reference that the candidate has at a call."""
        found = {}
        for tensor, alike in self._alike.items():
            usable = [
                (_rank(leaf, layout), own, layout)
                for own, layout in alike
                if (leaf := self.leaf(own, number)) is not None
            ]
            if usable:
                _, own, layout = min(usable, key=lambda one: one[0])
                found[tensor] = (own, layout)
        return found


def _rank(leaf: Leaf, layout: Layout) -> tuple[bool, bool, bool, bool, int]:
    """Return what orders a reference's tensor by how simply it is made of the candidate's.

    One that the candidate's own code has a name for comes before the same numbers elsewhere: only
    that one can be written into the code.
    """
    elsewhere = not leaf.depends_on_place_alone
    return (bool(layout.shape), not layout.is_plain, elsewhere, not leaf.name, leaf.call)


def line_up(
    pair: Pair, task: Task, dtype: str = "float64", constants: ConstantChanges | None = None
) -> LinedUp | None:
    """Run both sides once in a dtype and line them up, with the candidate's constants changed.

    None if a side does not show its operations, does not run, or makes too many.
    """
    tools = call_tools(pair.candidate.framework)
    if tools is None or pair.reference.framework != "tensorflow":
        return None
    task = replace(task, differentiate=())
    watch, seen = OperationWatch("exact"), SeenRun()

    watched = with_call(pair.candidate, lambda call: tools.watching(call, seen))
    try:
        run_side(pair, "reference", task, dtype, watch)
        run_side(replace(pair, candidate=watched), "candidate", task, dtype, constants)
    except ParityError:
        return None
    if watch.overflowed or seen.overflowed:
        return None
    return LinedUp(watch, seen, _records(list(task.inputs.values())), dtype)


def _records(inputs: Sequence[Array]) -> int:
    return next((len(array) for array in inputs if array.ndim), 1)
