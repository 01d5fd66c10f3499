"""Where a mismatch first arises, and which known mistake explains it, with the evidence.

In float64: a mistake explains a mismatch if, supposing it, what is left of the difference is
rounding. Every known mistake is tried by itself; if none explains all, those that explain something
are tried in pairs. What explains it is held to the same records in another order, which tells apart
what comes to the same by chance. Nothing is said to be the cause that leaves more than rounding,
and nothing is called certain where two mistakes explain the same.
"""

import time
from collections.abc import Callable, Sequence
from itertools import combinations

from parity.checking.checker import Checker
from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.trace import Task
from parity.diagnosing import imprecision, raising
from parity.diagnosing.diagnosis import Diagnosis, Suspect
from parity.diagnosing.hypothesis_runs import (
    HALF_PRECISION,
    Errors,
    Group,
    Inquiry,
    rows_reversed,
    same_inputs,
)
from parity.diagnosing.reference_runs import ReferenceRuns
from parity.errors import ParityError
from parity.known_bugs import options
from parity.known_bugs.catalogue import possible

# How many of the mistakes that explain something are tried in pairs, and for how long.
PAIRED = 24
PAIRED_SECONDS = 60.0


def diagnose(
    port: Port,
    pair: Pair,
    config: Configuration,
    task: Task,
    references: ReferenceRuns | None = None,
) -> Diagnosis:
    """Find the cause of a pair's mismatch on a task.

    Args:
        port: the port, for its own mistakes.
        pair: the pair that fails.
        config: under this configuration.
        task: what an isolated case of it runs (`Checker.task`).
        references: where runs of this pair's reference on this task are kept, if others follow.

    Raises:
        ParityError: the reference does not run in float64, which all of this rests on.
    """
    references = references or ReferenceRuns()
    given = Inquiry(pair, task, references)
    tamer = None if given.candidate else raising.on_zeros_and_ones(given, task, references)
    asked = tamer or given
    known = _known(port, asked, config, references)
    suspects, borne_out = _explaining(given, asked, known, references)
    if not suspects and asked.agrees:
        suspects = imprecision.avoided_by(pair, config, task, known) if asked is given else ()
    names = list(asked.before)
    intermediate = next((n for n in names if not asked.rounding(n, asked.before[n])), None)
    return Diagnosis(
        pair.layer,
        config.name,
        intermediate,
        tuple(names[: names.index(intermediate)]) if intermediate else tuple(names),
        max(asked.before.values(), default=0.0),
        suspects,
        len(known),
        asked.pattern(intermediate) if intermediate and not suspects else "",
        "" if given.candidate else given.failure,
        asked is tamer,
        borne_out,
    )


def diagnose_case(checker: Checker, pair: Pair, config: Configuration) -> Diagnosis:
    """`diagnose` for a case of a check."""
    return diagnose(checker.port, pair, config, checker.task(pair, config))


def _known(
    port: Port, asked: Inquiry, config: Configuration, references: ReferenceRuns
) -> list[KnownBug]:
    """All mistakes that can be recognised.

    Options that only the reference looks up are among them: the candidate may have one built in.
    """
    pair, task = asked.pair, asked.task
    read = options.read(port.pair(pair.layer), task) | references.options_read(pair, task)
    found = possible(
        port, asked.runnable, config, task, asked.reference, thorough=True, options_read=read
    )
    return [mistake for mistake in found if mistake.recognisable]


def _explaining(
    given: Inquiry, asked: Inquiry, known: list[KnownBug], references: ReferenceRuns
) -> tuple[tuple[Suspect, ...], bool]:
    """What explains the mismatch, likeliest first; whether that holds in another order too."""
    if not given.candidate:
        told = raising.suspects(given, asked, known)
        if told or asked is given:
            return tuple(told), True
    if asked.agrees:
        return (), True
    supposable = [m for m in known if m.refused is None]
    found = _search(asked, supposable)
    if not found:
        return (), True
    kept = _in_another_order(asked, found, references)
    return tuple(_likeliest_first(asked, kept or found)), bool(kept)


def _search(asked: Inquiry, known: Sequence[KnownBug]) -> list[Suspect]:
    """All that explain the whole: single mistakes, or else two together."""
    found = _whole(asked, _left(asked, known, whole=False))
    if found:
        return found
    left = _left(asked, known, whole=True)
    helpful = sorted(left, key=lambda item: _measure(item[1]))[:PAIRED]
    helpful = [item for item in helpful if _measure(item[1]) < _measure(asked.before)]
    left, until = [], time.monotonic() + PAIRED_SECONDS
    for (one, _), (other, _) in combinations(helpful, 2):
        if time.monotonic() > until:
            break
        errors = asked.suppose((*one, *other))
        if errors is not None:
            left.append(((*one, *other), errors))
    return _whole(asked, left)


def _left(asked: Inquiry, known: Sequence[KnownBug], whole: bool) -> list[tuple[Group, Errors]]:
    tried: list[tuple[Group, Errors | None]] = [((m,), asked.suppose((m,), whole)) for m in known]
    return [(group, errors) for group, errors in tried if errors is not None]


def _whole(asked: Inquiry, tried: list[tuple[Group, Errors]]) -> list[Suspect]:
    """Those that leave rounding; if none does, those that leave that of float32 constants."""
    found = [
        (Suspect(group, max(errors.values(), default=0.0)), asked.is_rounding(errors))
        for group, errors in tried
        if asked.explains(errors)
    ]
    if any(whole for _, whole in found):
        return [suspect for suspect, whole in found if whole]
    return sorted((suspect for suspect, _ in found), key=lambda suspect: suspect.after)


def _in_another_order(
    asked: Inquiry, found: list[Suspect], references: ReferenceRuns
) -> list[Suspect]:
    """Those that explain what the candidate gives for the same records the other way about.

    All of them where that cannot be asked.
    """
    task = rows_reversed(asked.task)
    if same_inputs(task, asked.task):
        return found
    try:
        again = Inquiry(asked.pair, task, references, f"{asked.question} rows reversed")
    except ParityError:
        return found
    if not again.candidate:
        return found
    left = [(suspect, again.suppose(suspect.known_bugs)) for suspect in found]
    return [suspect for suspect, errors in left if errors is None or again.explains(errors)]


def _likeliest_first(asked: Inquiry, found: list[Suspect]) -> list[Suspect]:
    """Options that the candidate looks up stand behind the rest: it does heed them."""
    if len(found) < 2 or not any(m.options for suspect in found for m in suspect.known_bugs):
        return found
    heeded = options.read(asked.pair, asked.task)

    def changed(mistake: KnownBug) -> set[str]:
        own, held = mistake.options or {}, asked.task.options
        return {key for key in own if own[key] != held.get(key)}

    return sorted(found, key=lambda s: any(changed(m) & heeded for m in s.known_bugs))


def _measure(errors: Errors) -> tuple[int, float]:
    """What sorts by how much is explained: outputs that differ, then the sum of their errors."""
    sizes: Callable[[float], float] = lambda error: min(error, 1e6)  # noqa: E731
    wrong = [sizes(error) for error in errors.values() if error > HALF_PRECISION]
    return len(wrong), sum(wrong)
