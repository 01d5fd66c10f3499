"""The words of a verdict, and what is kept with one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """From best to worst; only the first two pass."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    IMPRECISE = "imprecise"
    DIFFERENT = "different"
    STRUCTURE = "structure"
    NOT_COMPARED = "not compared"

    @property
    def passes(self) -> bool:
        """Whether the candidate may be trusted with this verdict."""
        return self in (Verdict.IDENTICAL, Verdict.EQUIVALENT)

    @property
    def mismatch(self) -> bool:
        """Whether the two sides were compared and found to disagree."""
        return self in (Verdict.IMPRECISE, Verdict.DIFFERENT, Verdict.STRUCTURE)


_BADNESS = {
    verdict: rank
    for rank, verdict in enumerate(
        (
            Verdict.IDENTICAL,
            Verdict.EQUIVALENT,
            Verdict.NOT_COMPARED,
            Verdict.IMPRECISE,
            Verdict.DIFFERENT,
            Verdict.STRUCTURE,
        )
    )
}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole from those of its parts; nothing at all is `not compared`."""
    return max(verdicts, key=_BADNESS.__getitem__, default=Verdict.NOT_COMPARED)


@dataclass(frozen=True)
class Element:
    """One element of an output, as both sides have it."""

    index: tuple[int, ...]
    reference: str
    candidate: str
    dtype: str


@dataclass(frozen=True)
class OutputResult:
    """What became of one output.

    Errors are absolute maxima over all finite elements, None where they could not be had:
    `max_abs_err_32` and `max_abs_err_64` between the sides in each dtype; `ref_err` and `cand_err`
    of each side's float32 run against the reference's float64 run. `scale` is the largest magnitude
    of the reference's float64 run. `compared` counts the elements compared.
    """

    name: str
    verdict: Verdict
    reason: str = ""
    ref_shape: tuple[int, ...] | None = None
    cand_shape: tuple[int, ...] | None = None
    ref_dtype: str | None = None
    cand_dtype: str | None = None
    scale: float | None = None
    max_abs_err_32: float | None = None
    max_abs_err_64: float | None = None
    ref_err: float | None = None
    cand_err: float | None = None
    compared: int = 0
    worst: Element | None = None


@dataclass(frozen=True)
class CrossCheck:
    """What a program beside the two says of a case; it never counts.

    `role` names the side that was exported to it, `framework` what that side is written in.
    `verdict` is on its outputs against the reference's, None where it was not exported: the reason
    is among `notes`, or the port `exempt` the pair.
    """

    role: str
    framework: str
    verdict: Verdict | None
    outputs: tuple[OutputResult, ...] = ()
    notes: tuple[str, ...] = ()
    exempt: str = ""

    @property
    def said(self) -> str:
        """The verdict, or why there is none, in a word or two."""
        if self.verdict is not None:
            return str(self.verdict)
        return "exempt" if self.exempt else "not exported"
