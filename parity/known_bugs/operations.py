"""Known bugs in single operations of a candidate: its calls are recorded, then replaced."""

from collections.abc import Iterator
from dataclasses import replace

from parity.declaring.frameworks import Recorded, call_tools
from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.declaring.port import Built, Pair
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.runners.side import run_side

# The alternatives to these are what a wrong port should have done. They serve as hypotheses but are
# not planted: a correct port may do the same in another call, or round only positive numbers.
_REPAIRED = ("sqrt", "floor", "round", "expand", "repeat", "binary_cross_entropy_with_logits")


def record_calls(pair: Pair, task: Task) -> list[Recorded]:
    """Return the candidate's calls, in float32, that ports are known to confuse with others.

    The list is empty for a framework whose calls cannot be observed.
    """
    calls = call_tools(pair.candidate.framework)
    if calls is None:
        return []
    found: list[Recorded] = []

    def build(options: Options, dtype: str) -> Built:
        built = pair.candidate.build(options, dtype)
        return replace(built, call=calls.recording(built.call, found))

    recorded = replace(pair, candidate=replace(pair.candidate, build=build))
    run_side(recorded, "candidate", replace(task, differentiate=()))
    return found


def generate_operation_bugs(calls: list[Recorded], thorough: bool) -> Iterator[KnownBug]:
    """Yield every alternative to one call, then every alternative to all calls of a kind.

    Args:
        calls: the candidate's calls.
        thorough: whether to include the ways that repair a call from which something is missing.
    """
    placed = [(i, call) for i, call in enumerate(calls) if thorough or call.kind not in _REPAIRED]
    for before, call in placed:
        where = f"{call.kind} {call.number + 1}, {call.now}"
        for way in call.ways:
            change = OtherOperation(
                call.kind, call.number, way.name, before, len(calls) - before - 1
            )
            yield KnownBug(way.number, f"{call.kind} {way.name}", where, change)
    for kind in dict.fromkeys(call.kind for _, call in placed):
        same = [call for call in calls if call.kind == kind]
        if len(same) == 1:
            continue
        for way in same[0].ways:
            if all(way in call.ways for call in same):
                change = OtherOperation(kind, None, way.name)
                yield KnownBug(way.number, f"{kind} {way.name}", f"all {len(same)}", change)
