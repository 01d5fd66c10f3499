"""Diagnosis of a failing case: where the sides first differ, and what explains it."""

from dataclasses import dataclass, field

from parity.declaring.frameworks import Recorded
from parity.declaring.known_bug import ChangedOutputs, KnownBug
from parity.declaring.source_edits import Written


@dataclass(frozen=True)
class RootCause:
    """One known bug, or two together, that explain a mismatch.

    Args:
        known_bugs: one or two.
        error_left: the largest error of the float64 runs, relative to the scale of each output,
            under the hypothesis that the candidate has these bugs.
        evidence: the evidence in words, if it is not that the error falls to `error_left`.
        written: where the calls that it is in are written, each place once.
        repair: a statement of the candidate's that repairs it, if the known bugs do not say how.
    """

    known_bugs: tuple[KnownBug, ...]
    error_left: float
    evidence: str = ""
    written: tuple[Written, ...] = ()
    repair: KnownBug | None = None

    @property
    def repairs(self) -> tuple[KnownBug, ...]:
        """Return what is to be changed: the repair, or else the known bugs."""
        return (self.repair,) if self.repair else self.known_bugs

    @property
    def name(self) -> str:
        """Return the known bugs in words."""
        return " and ".join(bug.name for bug in self.known_bugs)


@dataclass(frozen=True)
class Diagnosis:
    """Diagnosis of one failing case.

    Args:
        layer: the pair.
        config: the configuration.
        intermediate: the first output, in the reference's order, that differs; None if none does.
        agreeing: the outputs before it.
        error: the largest error of the float64 runs, relative to the scale of each output.
        root_causes: what explains the whole mismatch, likeliest first; empty if nothing does.
        tried: how many known bugs were tried.
        pattern: a simple relation of the first output that differs to the reference's, if any.
        failure: the candidate's error if it raises on the given inputs.
        zeros_and_ones: whether the candidate was run on inputs of 0 and 1 instead, because it
            raises on the given inputs.
        confirmed: whether the root causes also explain the mismatch with the records reversed.
        in_place: whether the layers before `intermediate` returned the reference's outputs, so that
            this is one divergence of several.
        repairs_tried: how many other calls in place of the candidate's were tried.
        statements_tried: how many other statements were tried.
        repairs_left: how many more there were, for which time did not suffice.
        known_left: how many known bugs there were, for which time did not suffice.
        calls: the candidate's calls, if one of them is the cause.
        dtype: the dtype of the runs that are compared: "float64" unless a side has none.
    """

    layer: str
    config: str
    intermediate: str | None
    agreeing: tuple[str, ...]
    error: float
    root_causes: tuple[RootCause, ...]
    tried: int
    pattern: str = ""
    failure: str = ""
    zeros_and_ones: bool = False
    confirmed: bool = True
    in_place: bool = False
    repairs_tried: int = 0
    statements_tried: int = 0
    repairs_left: int = 0
    known_left: int = 0
    calls: tuple[Recorded, ...] = field(default=(), compare=False)
    dtype: str = "float64"

    @property
    def describes(self) -> bool:
        """Return whether the root cause only says how one of several divergences looks.

        What changes a tensor within the model, such as two axes of it swapped, may be written
        anywhere before it, or be another mistake that reads it otherwise.
        """
        changes = [bug.change for cause in self.root_causes for bug in cause.known_bugs]
        return self.in_place and all(isinstance(change, ChangedOutputs) for change in changes)

    @property
    def certain(self) -> bool:
        """Return whether exactly one root cause explains the mismatch, on every input tried.

        Inputs of 0 and 1 do not distinguish enough bugs, nor does float32, so their evidence alone
        is never certain. Nor is what describes one of several divergences by its values alone.
        """
        if len(self.root_causes) != 1 or not self.confirmed:
            return False
        if self.repairs_left or self.known_left or self.dtype != "float64":
            return False
        if self.describes:
            return False
        return not self.zeros_and_ones or bool(self.root_causes[0].evidence)
