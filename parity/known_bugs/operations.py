"""Mistakes in single operations of a candidate: what it calls is recorded, then done otherwise."""

from collections.abc import Iterator
from dataclasses import replace

from parity.declaring.frameworks import calls_of
from parity.declaring.known_bug import KnownBug, Operation
from parity.declaring.port import Built, Pair
from parity.declaring.trace import Task
from parity.declaring.weight import Options
from parity.runners.call import Recorded
from parity.runners.side import run_side

# Kinds of which the other ways are what a wrong port should have done: supposed of it, but not
# planted into a right one, which may well do so in another call, or round what is not negative.
_MENDED = ("sqrt", "floor", "round", "expand", "repeat", "binary_cross_entropy_with_logits")


def recorded(pair: Pair, task: Task) -> list[Recorded]:
    """The calls of a candidate that are known to be confused with others, in float32.

    Empty where the candidate's framework offers no way to see its calls.
    """
    offered = calls_of(pair.candidate.framework)
    if offered is None:
        return []
    found: list[Recorded] = []

    def build(options: Options, dtype: str) -> Built:
        built = pair.candidate.build(options, dtype)
        return replace(built, call=offered.recording(built.call, found))

    watched = replace(pair, candidate=replace(pair.candidate, build=build))
    run_side(watched, "candidate", replace(task, differentiate=()))
    return found


def known_bugs(calls: list[Recorded], thorough: bool) -> Iterator[KnownBug]:
    """Every other way to do a call, then every other way to do all calls of a kind.

    Args:
        calls: those of the candidate.
        thorough: also ways that mend a call from which something was left out.
    """
    placed = [
        (place, call) for place, call in enumerate(calls) if thorough or call.kind not in _MENDED
    ]
    for place, call in placed:
        for way in call.ways:
            where = f"{call.kind} {call.number + 1}, {call.now}"
            operation = Operation(call.kind, call.number, way.name, place, len(calls) - place - 1)
            yield KnownBug(way.trap, f"{call.kind} {way.name}", where, operation=operation)
    for kind in dict.fromkeys(call.kind for _, call in placed):
        same = [call for call in calls if call.kind == kind]
        shared = [way for way in same[0].ways if all(way in call.ways for call in same)]
        if len(same) > 1:
            for way in shared:
                operation = Operation(kind, None, way.name)
                yield KnownBug(
                    way.trap, f"{kind} {way.name}", f"all {len(same)}", operation=operation
                )
