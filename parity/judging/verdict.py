"""Verdicts, and the figures stored with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from parity.arrays import Array


class Verdict(StrEnum):
    """Verdict on an output or a case, from best to worst; only the first three pass.

    `exempt` is for single gradients alone, which are then not compared, with a reason.
    """

    EXEMPT = "exempt"
    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    IMPRECISE = "imprecise"
    DIFFERENT = "different"
    STRUCTURE = "structure"
    NOT_COMPARED = "not compared"

    @property
    def passes(self) -> bool:
        """Return whether the candidate can be trusted with this verdict."""
        return self in (Verdict.EXEMPT, Verdict.IDENTICAL, Verdict.EQUIVALENT)

    @property
    def mismatch(self) -> bool:
        """Return whether the sides were compared and disagree."""
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
    """Return the worst verdict of all parts; `not compared` if there are none but exempt ones."""
    compared = [verdict for verdict in verdicts if verdict is not Verdict.EXEMPT]
    return max(compared, key=_BADNESS.__getitem__, default=Verdict.NOT_COMPARED)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return 0 if all verdicts pass, 1 for a mismatch, 2 if anything was not compared."""
    whole = worst(verdicts)
    if whole.mismatch:
        return 1
    return 0 if whole.passes else 2


@dataclass(frozen=True)
class Element:
    """One element of an output on both sides."""

    index: tuple[int, ...]
    reference: str
    candidate: str
    dtype: str

    @classmethod
    def at(
        cls, index: tuple[int, ...], reference: Array, candidate: Array, dtype: str | None = None
    ) -> "Element":
        """Return the element of two arrays at an index."""
        values = repr(reference[index].item()), repr(candidate[index].item())
        return cls(index, *values, dtype or str(reference.dtype))


@dataclass(frozen=True)
class OutputResult:
    """Verdict on one output, with its figures.

    Errors are absolute maxima over all finite elements, None where they are not available:
    `max_abs_err_32` and `max_abs_err_64` between the sides in each dtype; `ref_err` and `cand_err`
    of each side's float32 run against the reference's float64 run. `scale` is the largest magnitude
    of the reference's float64 run. `compared` is the number of elements compared. `float32_err` is
    how far what is computed in float32 in the float64 runs may be off; None if nothing is.
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
    float32_err: float | None = None


@dataclass(frozen=True)
class CrossCheck:
    """Result of comparing an exported side against the reference; it never affects a verdict.

    `role` names the side that was exported, `framework` what that side is written in. `verdict` is
    None where it was not exported: the reason is among `notes`, or in the pair's `exempt`.
    """

    role: str
    framework: str
    verdict: Verdict | None
    outputs: tuple[OutputResult, ...] = ()
    notes: tuple[str, ...] = ()
    exempt: str = ""

    @property
    def label(self) -> str:
        """Return the verdict, or a short reason why there is none."""
        if self.verdict is not None:
            return str(self.verdict)
        return "exempt" if self.exempt else "not exported"
