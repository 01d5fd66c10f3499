"""Float64 gaps that are a constant's rounding to float32: found, proven, and named.

A port is right if both sides are the same function of their inputs and weights. Where one side
holds a constant in float32 in its float64 run too, the runs differ by about 1e-8. So the float64
runs are repeated with the constants of either side exact, or rounded to float32, each
independently of the other. If in one combination all outputs agree by the ordinary rule, only the
constants' rounding is between the two. A wrong constant stays wrong in all of them, unless it is
within half a float32 ulp of the right one, and then float32 cannot hold the difference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.checking.constant_finding import ConstantFinding, NamedConstant
from parity.checking.constant_runs import AS_THEY_ARE, ROLES, ConstantRuns, Held, Role
from parity.declaring.constants import ConstantState, Key, are_within_half_ulp
from parity.declaring.port import Pair
from parity.judging import oracle
from parity.judging.verdict import OutputResult, Verdict

# The constants that are left out in turn, to find those that matter; each costs a run.
_LEFT_OUT = 6
# The constants that are named.
_NAMED = 3
# The runs that a search among single constants may take.
_SEARCHED = 16
# Cheapest first: each new state of a side is one run more.
_COMBINATIONS: tuple[tuple[ConstantState | None, ConstantState | None], ...] = (
    ("exact", None),
    (None, "exact"),
    (None, "rounded"),
    ("exact", "exact"),
    ("exact", "rounded"),
    ("rounded", None),
    ("rounded", "exact"),
    ("rounded", "rounded"),
)


@dataclass(frozen=True)
class _Tried:
    """The verdicts on a case's outputs with the constants of both sides held in some way."""

    held: tuple[Held, Held]
    runs: CaseRuns
    outputs: list[OutputResult]
    notes: list[str]

    @property
    def passing(self) -> int:
        return sum(output.verdict.passes for output in self.outputs)

    @property
    def passes(self) -> bool:
        return self.passing == len(self.outputs)

    @property
    def leaves_only_rounding(self) -> bool:
        """Return whether what is left could be one more constant's rounding.

        That is one of the roundings of a float32 run, and so within the bound on their error.
        """
        return all(_is_float32_rounding(o) for o in self.outputs if not o.verdict.passes)

    @property
    def merit(self) -> tuple[int, float]:
        gaps = (o.max_abs_err_64 / o.scale for o in self.outputs if o.scale and o.max_abs_err_64)
        return self.passing, -sum(gaps)


@dataclass(frozen=True)
class Explained:
    """A case whose float64 runs were replaced by those that constants explain."""

    runs: CaseRuns
    outputs: list[OutputResult]
    notes: list[str]
    finding: ConstantFinding


def explain_by_constants(
    pair: Pair, runs: CaseRuns, outputs: list[OutputResult]
) -> Explained | None:
    """Return what constants explain of the verdicts on a case's outputs; None if nothing.

    Runs nothing unless an output is `different` by little enough for a constant's rounding: for
    that of a float32 run, where another difference is known.
    """
    few = [o for o in outputs if _may_be_constant(o)]
    if runs.differing_inside:
        few = [o for o in few if _is_float32_rounding(o)]
    if runs.constants is None or not few:
        return None
    search = _Search(pair, runs, runs.constants, outputs)
    found = search.best()
    if found is None:
        return None
    merged = [
        before if before.verdict.passes else _explained(before, after)
        for before, after in zip(outputs, found.outputs, strict=True)
    ]
    return Explained(found.runs, merged, found.notes, search.finding(found))


def _may_be_constant(output: OutputResult) -> bool:
    """Return whether a gap is as small as a constant's rounding may make it.

    Rounding changes a constant by at most 6e-8, and a table computed in float32 by more, as the
    sine of a large angle; beyond 1e-3 nobody would call that the same function.
    """
    gap, scale = output.max_abs_err_64, output.scale
    if output.verdict is not Verdict.DIFFERENT or gap is None or not scale:
        return False
    return gap <= oracle.FALLBACK_LIMIT * scale


def _is_float32_rounding(output: OutputResult) -> bool:
    gap, scale, error = output.max_abs_err_64, output.scale, output.ref_err
    if gap is None or scale is None or error is None:
        return False
    return gap <= oracle.bounds(scale, error, 0.0).rounding


def _explained(before: OutputResult, after: OutputResult) -> OutputResult:
    if not after.verdict.passes or before.max_abs_err_64 is None:
        return after
    reason = (
        f"differs by {before.max_abs_err_64:.3g} in float64, by constants held in float32 alone"
    )
    return replace(after, verdict=Verdict.EQUIVALENT, reason=reason)


@dataclass(frozen=True)
class _Search:
    pair: Pair
    runs: CaseRuns
    constants: ConstantRuns
    outputs: list[OutputResult]

    def best(self) -> _Tried | None:
        """Return the first combination in which all outputs pass, or that in which most do."""
        own = sum(output.verdict.passes for output in self.outputs)
        tried: list[_Tried] = []
        for combination in self._combinations():
            result = self._confirmed(combination)
            if result is not None and result.passes:
                return result
            tried += [] if result is None else [result]
        if not tried:
            return None
        tried.sort(key=lambda each: each.merit, reverse=True)
        near = [each for each in tried if each.leaves_only_rounding]
        refined = self._refined(near) if near else tried[0]
        return refined if refined.passing > own else None

    def _combinations(self) -> Iterator[tuple[Held, Held]]:
        """Return how to hold both sides' constants, where that changes anything."""
        for states in _COMBINATIONS:
            held = [Held(state) for state in states]
            if all(self._changes(role, one) for role, one in zip(ROLES, held, strict=True)):
                yield held[0], held[1]

    def _changes(self, role: Role, held: Held) -> bool:
        if held == AS_THEY_ARE:
            return True
        made = self.constants.run(role, held)
        return made is not None and bool(made.changed)

    def _confirmed(self, held: tuple[Held, Held]) -> _Tried | None:
        """Judge a combination; if it explains anything, again without what is data."""
        if self._too_far(held):
            return None
        result = self._try(held)
        own = sum(output.verdict.passes for output in self.outputs)
        if result is None or result.passing <= own:
            return result
        checked = [self.constants.without_data(r, h) for r, h in zip(ROLES, held, strict=True)]
        return self._try((checked[0], checked[1]))

    def _too_far(self, held: tuple[Held, Held]) -> bool:
        """Return whether rounding makes two constants equal that are over half an ulp apart.

        Two roundings may hide a mistake of up to a whole ulp; one alone, no more than half.
        """
        if any(one.state != "rounded" for one in held):
            return False
        one, other = (self.constants.run(r, h) for r, h in zip(ROLES, held, strict=True))
        if one is None or other is None:
            return False
        for exact, rounded in one.values.values():
            twins = [v for v, r in other.values.values() if np.array_equal(r, rounded)]
            if twins and not any(are_within_half_ulp(exact, twin) for twin in twins):
                return True
        return False

    def _try(self, held: tuple[Held, Held]) -> _Tried | None:
        traces = self.runs.traces
        for role, one in zip(ROLES, held, strict=True):
            if one.state is None:
                continue
            made = self.constants.run(role, one)
            if made is None:
                return None
            traces = replace(traces, **{f"{role}64": made.trace})
        runs = replace(self.runs, traces=traces, held=held)
        outputs, notes = judge(self.pair, runs)
        if [o.name for o in outputs] != [o.name for o in self.outputs]:
            return None
        return _Tried(held, runs, outputs, notes)

    def _refined(self, starts: list[_Tried]) -> _Tried:
        """Leave single constants as they are where that helps; return the best that was found.

        One side may hold one constant in float32 and another exactly.
        """
        best, left = starts[0], _SEARCHED
        for start in starts:
            current = start
            for role, key in self._changed(start):
                if left == 0:
                    return best
                left -= 1
                result = self._confirmed(_without(current.held, role, key))
                if result is not None and result.merit > current.merit:
                    current = result
                if current.passes:
                    return current
            best = max(best, current, key=lambda each: each.merit)
        return best

    def _changed(self, tried: _Tried) -> list[tuple[Role, Key]]:
        found: list[tuple[Role, Key]] = []
        for role, held in zip(ROLES, tried.held, strict=True):
            made = self.constants.run(role, held)
            found += [(role, key) for key in made.changed] if made is not None else []
        return found

    def finding(self, found: _Tried) -> ConstantFinding:
        """Name the constants without which an output would fail that passes."""
        changed = self._changed(found)
        tested, untested = changed[:_LEFT_OUT], changed[_LEFT_OUT:]
        needed = [each for each in tested if len(changed) == 1 or self._needs(found, [each])]
        # Where none is needed by itself, several state the same number.
        needed = needed or ([] if untested else changed)
        others = len(untested) if untested and self._needs(found, untested) else 0
        named = [self._named(found, *each) for each in (needed or changed)[:_NAMED]]
        return ConstantFinding(
            found.held[0].state,
            found.held[1].state,
            found.passes,
            tuple(named),
            max(len(needed) + others - len(named), 0),
        )

    def _needs(self, found: _Tried, constants: list[tuple[Role, Key]]) -> bool:
        """Return whether an output fails with some constants left as they are."""
        held = found.held
        for role, key in constants:
            held = _without(held, role, key)
        result = self._try(held)
        return result is None or result.passing < found.passing

    def _named(self, found: _Tried, role: Role, key: Key) -> NamedConstant:
        held = found.held[ROLES.index(role)]
        made = self.constants.run(role, held)
        assert made is not None
        assert held.state is not None
        return NamedConstant(role, held.state, made.changed[key])


def _without(held: tuple[Held, Held], role: Role, key: Key) -> tuple[Held, Held]:
    reference, candidate = (
        replace(one, skip=one.skip | {key}) if each == role else one
        for each, one in zip(ROLES, held, strict=True)
    )
    return reference, candidate
