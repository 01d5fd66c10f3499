"""A mutant, and what came of checking it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from parity.declaring.known_bug import KnownBug, OtherOperation, OtherOptions
from parity.diagnosing.diagnosis import Diagnosis
from parity.judging.verdict import Verdict


@dataclass(frozen=True)
class Planned:
    """Mutant by the place of its bug, for any process that has the port.

    Args:
        layer: the pair's layer.
        places: each configuration that allows the bug, and the bug's number among those that are
            generated for the pair under it; the first is where it is planted first.
    """

    layer: str
    places: tuple[tuple[str, int], ...]


def plan(found: Iterable[tuple[str, str, Sequence[str]]]) -> list[Planned]:
    """Return the mutants of cases, each bug once in a layer.

    Args:
        found: layer, configuration and what identifies each bug there, for each case in order.
    """
    places: dict[tuple[str, str], dict[str, int]] = {}
    for layer, config, keys in found:
        for number, key in enumerate(keys):
            places.setdefault((layer, key), {}).setdefault(config, number)
    return [Planned(layer, tuple(own.items())) for (layer, _), own in places.items()]


def retried(
    mutants: Sequence[Planned], results: Mapping[int, "MutantResult"]
) -> Iterator[tuple[tuple[str, str], list[tuple[int, int]]]]:
    """Yield what to check once more: the mutants that survive where they were planted first.

    One configuration, in which rounding matters, may be the only one that shows how a number is
    rounded. For each case that allows some of them as well, yields layer and configuration, with
    the number of each mutant and the number of the place; those whose result says by then that
    they were caught are left out.
    """
    cases: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for number, planned in enumerate(mutants):
        if results[number].survived:
            for place, (config, _) in enumerate(planned.places[1:], 1):
                cases.setdefault((planned.layer, config), []).append((number, place))
    for case, own in cases.items():
        if left := [(number, place) for number, place in own if results[number].survived]:
            yield case, left


@dataclass(frozen=True)
class Mutant:
    """One pair of a port with one known bug planted into it."""

    layer: str
    config: str
    bug: KnownBug

    @property
    def name(self) -> str:
        """Return the layer and the bug."""
        return f"{self.layer}: {self.bug.name}"

    def result(
        self,
        verdict: Verdict,
        setting: str = "",
        reason: str = "",
        no_change: str = "",
        diagnosis: Diagnosis | None = None,
    ) -> "MutantResult":
        """Return the result of a check with this verdict."""
        bug = self.bug
        found = MutantResult(
            self.layer, self.config, bug.number, bug.what, bug.where, verdict, setting, reason
        )
        if diagnosis is None:
            return replace(found, no_change=no_change)
        causes = tuple(cause.name for cause in diagnosis.root_causes)
        named = self._named(diagnosis)
        return replace(found, named=named, root_causes=causes, certain=diagnosis.certain)

    def _named(self, diagnosis: Diagnosis) -> str:
        causes = diagnosis.root_causes
        right = [len(c.known_bugs) == 1 and self._is_planted(c.known_bugs[0]) for c in causes]
        if not any(right):
            return "none" if not causes else "wrong" if diagnosis.certain else "unsure"
        return "right" if right[0] else "among others"

    def _is_planted(self, other: KnownBug) -> bool:
        """Return whether a known bug is the planted one, or undoes it where it was planted."""
        planted = self.bug
        one, two = planted.change, other.change
        if isinstance(one, OtherOperation) and isinstance(two, OtherOperation):
            alike = one.kind == two.kind or planted.number == other.number is not None
            if one.index is None and two.index is not None:
                # Where the others change nothing, one call explains it as well as all of them.
                return planted.number == other.number is not None or one.way == two.way
            if one.index is None or two.index is None:
                return one.index == two.index and alike
            return one.contains(two) or (one.adjoins(two) and alike)
        if isinstance(one, OtherOptions):
            return isinstance(two, OtherOptions) and planted.what == other.what
        synonyms = (*planted.same_as, *_mask_synonyms(planted), *_mask_synonyms(other))
        return planted.name == other.name or other.what in synonyms or planted.what in synonyms


@dataclass(frozen=True)
class MutantResult:
    """Result of checking one mutant.

    Args:
        layer, config: where the bug was planted.
        number, what, where: the bug, as `KnownBug` has it.
        verdict: the verdict of the last check.
        setting: the check that caught it; "" if none did.
        reason: the verdict's reason, if caught.
        no_change: why the bug changes nothing here, confirmed by float64 runs; "" if it does
            change something, or was caught.
        named: how its diagnosis names the bug: "right", "among others" (not first), "wrong"
            (another, as certain), "unsure" (another, as possible), "none", or "" without one.
        root_causes: what the diagnosis names, in its order.
        certain: whether the diagnosis is certain.
    """

    layer: str
    config: str
    number: int | None
    what: str
    where: str
    verdict: Verdict
    setting: str = ""
    reason: str = ""
    no_change: str = ""
    named: str = ""
    root_causes: tuple[str, ...] = ()
    certain: bool = False

    @property
    def name(self) -> str:
        """Return the layer and the bug."""
        return f"{self.layer}: {self.what}" + (f" ({self.where})" if self.where else "")

    @property
    def caught(self) -> bool:
        """Return whether a check failed on it."""
        return not self.verdict.passes

    @property
    def survived(self) -> bool:
        """Return whether it passed every check although it changes something."""
        return not self.caught and not self.no_change


def _mask_synonyms(bug: KnownBug) -> tuple[str, ...]:
    """Return the names of a bug in the use of a mask where the mask is an input instead."""
    way = bug.change.way if isinstance(bug.change, OtherOperation) else ""
    return {
        "without its mask": ("mask ignored, as if all 1", "mask ignored, as if all 0"),
        "with its mask inverted": ("mask inverted",),
        "with the other sign": ("mask inverted",),
    }.get(way, ())
