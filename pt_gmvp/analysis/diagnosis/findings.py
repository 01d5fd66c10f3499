"""What a question about a run comes to: statements, some of which name a fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What may be wrong with a run; the first that holds is the one to mend first."""

    PORT = "the port is wrong"
    DIVERGED = "the training diverged"
    CONTROL = "the label-shuffle control fails"
    LEAK = "the data leak"
    UNLEARNABLE = "the labels cannot be learnt"
    UNDERFITS = "the model has learnt nothing"
    GENE = "the model knows the gene alone"
    OVERFITS = "the model overfits"
    SHORT = "the training was too short"
    MISCALIBRATED = "the probabilities are off"


@dataclass(frozen=True)
class Finding:
    """A statement with its number; `fault` where it says that something is wrong.

    What noise may have done is not `certain`: it is suspected, and told so.
    """

    text: str
    fault: Fault | None = None
    certain: bool = True

    @property
    def named(self) -> str:
        """The fault in words, "" if there is none."""
        if self.fault is None:
            return ""
        return self.fault.value if self.certain else f"suspected: {self.fault.value}"


@dataclass(frozen=True)
class Answer:
    """What is known of a question.

    Attributes:
        question: in a word or two.
        findings: none where it was not asked.
        unasked: why it was not, and what to do to ask it; "" if it was.
        numbers: what the findings are drawn from, as JSON has it.
    """

    question: str
    findings: Sequence[Finding] = ()
    unasked: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
