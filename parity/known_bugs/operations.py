"""Known bugs in single operations of a candidate: its calls are recorded, then replaced."""

from collections.abc import Iterator
from dataclasses import replace

from parity.declaring.frameworks import Recorded, call_tools
from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.declaring.port import Built, Pair
from parity.declaring.source_edits import Place
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.runners.side import run_side

# The alternatives to these are what a wrong port should have done. They serve as hypotheses but are
# not planted: a correct port may do the same in another call, or round only positive numbers.
_REPAIRED = ("sqrt", "floor", "round", "expand", "repeat", "binary_cross_entropy_with_logits")


def record_calls(
    pair: Pair, task: Task, numbers: tuple[float, ...] = (), repairs: bool = True
) -> list[Recorded]:
    """Return the candidate's calls, in float32, that ports are known to confuse with others.

    The list is empty for a framework whose calls cannot be observed. `numbers` are the reference's
    numbers, to be tried in place of the candidate's. Without `repairs`, ways that repair a call are
    left out: each of them is tried in passing, which takes time and memory.
    """
    calls = call_tools(pair.candidate.framework)
    if calls is None:
        return []
    found: list[Recorded] = []

    def build(options: Options, dtype: str) -> Built:
        with calls.noting_modules():
            built = pair.candidate.build(options, dtype)
        return replace(built, call=calls.recording(built.call, found, numbers, repairs))

    recorded = replace(pair, candidate=replace(pair.candidate, build=build))
    run_side(recorded, "candidate", replace(task, differentiate=()))
    return found


def generate_operation_bugs(calls: list[Recorded], thorough: bool) -> Iterator[KnownBug]:
    """Yield every alternative to one call, then every alternative to all calls of a kind.

    Args:
        calls: the candidate's calls.
        thorough: whether to include the ways that repair a call from which something is missing.
    """
    kinds = [
        kind
        for kind in dict.fromkeys(call.kind for call in calls)
        if thorough or kind not in _REPAIRED
    ]
    if thorough:
        yield from _of_each_line(kinds, calls, repairs=False)
    yield from _of_each(kinds, calls, repairs=False)


def generate_repairs(calls: list[Recorded], numbers: tuple[float, ...] = ()) -> Iterator[KnownBug]:
    """Yield every repair of one call, and then of all calls of a kind.

    Calls that are written once, and made several times, are repaired together before each alone.

    Args:
        calls: the candidate's calls.
        numbers: those of the reference that they were recorded with.
    """
    kinds = list(dict.fromkeys(call.kind for call in calls))
    for each in (_of_each_line, _of_each):
        for bug in each(kinds, calls, repairs=True):
            assert isinstance(bug.change, OtherOperation)
            yield replace(bug, change=replace(bug.change, numbers=numbers))


def written_once(calls: list[Recorded]) -> dict[tuple[str, Place], list[Recorded]]:
    """Return the calls of a kind that one expression makes several times, as in a loop over time.

    Those of a module count where it is made, so that the modules of a comprehension are together.
    """
    found: dict[tuple[str, Place], list[Recorded]] = {}
    for call in calls:
        written = call.written
        place = (written.made or written.called) if written else None
        if place is not None:
            found.setdefault((call.kind, place), []).append(call)
    return {key: same for key, same in found.items() if len(same) > 1}


def _of_each_line(kinds: list[str], calls: list[Recorded], repairs: bool) -> Iterator[KnownBug]:
    """Yield the alternatives of all calls that one expression makes, unless those are all."""
    for (kind, _), same in written_once(calls).items():
        everyone = sum(call.kind == kind for call in calls) == len(same)
        for way in same[0].ways if kind in kinds and not everyone else ():
            if way.repairs == repairs and all(way in call.ways for call in same):
                numbers = tuple(call.number for call in same)
                change = OtherOperation(kind, None, way.name, among=numbers)
                where = f"{kind} {same[0].number + 1} and {len(same) - 1} more on the same line"
                yield KnownBug(way.number, f"{kind} {way.name}", where, change)


def _of_each(kinds: list[str], calls: list[Recorded], repairs: bool) -> Iterator[KnownBug]:
    """Yield the alternatives of each call of some kinds, then those that all of a kind have."""
    for before, call in enumerate(calls):
        where = f"{call.kind} {call.number + 1}, {call.now}"
        for way in call.ways if call.kind in kinds else ():
            if way.repairs == repairs:
                change = OtherOperation(
                    call.kind, call.number, way.name, before, len(calls) - before - 1
                )
                yield KnownBug(way.number, f"{call.kind} {way.name}", where, change)
    for kind in kinds:
        same = [call for call in calls if call.kind == kind]
        for way in same[0].ways if len(same) > 1 else ():
            if way.repairs == repairs and all(way in call.ways for call in same):
                change = OtherOperation(kind, None, way.name)
                yield KnownBug(way.number, f"{kind} {way.name}", f"all {len(same)}", change)
