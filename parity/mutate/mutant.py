"""A mutant, and what came of checking it."""

from dataclasses import dataclass

from parity.declaring.known_bug import KnownBug, OtherOperation, OtherOptions
from parity.diagnosing.diagnosis import Diagnosis
from parity.judging.verdict import Verdict


@dataclass(frozen=True)
class Mutant:
    """One pair of a port with one known bug planted into it.

    `others` are the further configurations that allow the bug, each with the bug as it is there:
    one in which rounding matters may be the only one that shows how a number is rounded.
    """

    layer: str
    config: str
    bug: KnownBug
    others: tuple[tuple[str, KnownBug], ...] = ()

    @property
    def name(self) -> str:
        """Return the layer and the bug."""
        return f"{self.layer}: {self.bug.name}"


@dataclass(frozen=True)
class MutantResult:
    """Result of checking one mutant.

    Args:
        mutant: the mutant.
        verdict: the verdict of the last check.
        setting: the check that caught it; "" if none did.
        reason: the verdict's reason, if caught.
        no_change: why the bug changes nothing here, confirmed by float64 runs; "" if it does
            change something, or was caught.
        diagnosis: its diagnosis, if asked for.
    """

    mutant: Mutant
    verdict: Verdict
    setting: str = ""
    reason: str = ""
    no_change: str = ""
    diagnosis: Diagnosis | None = None

    @property
    def caught(self) -> bool:
        """Return whether a check failed on it."""
        return not self.verdict.passes

    @property
    def survived(self) -> bool:
        """Return whether it passed every check although it changes something."""
        return not self.caught and not self.no_change

    @property
    def named(self) -> str:
        """Return how the diagnosis names the bug.

        "right", "among others" (not first), "wrong" (another, as certain), "unsure" (another, as
        possible), "none", or "" without a diagnosis.
        """
        if self.diagnosis is None:
            return ""
        causes = self.diagnosis.root_causes
        right = [len(c.known_bugs) == 1 and self._is_planted(c.known_bugs[0]) for c in causes]
        if not any(right):
            return "none" if not causes else "wrong" if self.diagnosis.certain else "unsure"
        return "right" if right[0] else "among others"

    def _is_planted(self, other: KnownBug) -> bool:
        """Return whether a known bug is the planted one, or undoes it where it was planted."""
        planted = self.mutant.bug
        one, two = planted.change, other.change
        if isinstance(one, OtherOperation) and isinstance(two, OtherOperation):
            alike = one.kind == two.kind or planted.number == other.number is not None
            if one.index is None or two.index is None:
                return one.index == two.index and alike
            return one.contains(two) or (one.adjoins(two) and alike)
        if isinstance(one, OtherOptions):
            return isinstance(two, OtherOptions) and planted.what == other.what
        synonyms = (*planted.same_as, *_mask_synonyms(planted), *_mask_synonyms(other))
        return planted.name == other.name or other.what in synonyms or planted.what in synonyms


def _mask_synonyms(bug: KnownBug) -> tuple[str, ...]:
    """Return the names of a bug in the use of a mask where the mask is an input instead."""
    way = bug.change.way if isinstance(bug.change, OtherOperation) else ""
    return {
        "without its mask": ("mask ignored, as if all 1", "mask ignored, as if all 0"),
        "with its mask inverted": ("mask inverted",),
        "with the other sign": ("mask inverted",),
    }.get(way, ())
