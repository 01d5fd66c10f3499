"""Answers to questions about a run: findings, some of which name a fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """Possible faults of a run, in the order in which they should be fixed."""

    PORT = "the port is wrong"
    DIVERGED = "the training diverged"
    CONTROL = "the label-shuffle control fails"
    LEAK = "data leaks between the folds"
    UNLEARNABLE = "the labels cannot be learned"
    UNDERFITS = "the model has learned nothing"
    GENE = "the model only knows the gene"
    OVERFITS = "the model overfits"
    SHORT = "the training was too short"
    MISCALIBRATED = "the probabilities are miscalibrated"


@dataclass(frozen=True)
class Finding:
    """A statement with its numbers; `fault` if it says that something is wrong.

    A fault that noise may explain is not `certain` but only suspected.
    """

    text: str
    fault: Fault | None = None
    certain: bool = True

    @property
    def named(self) -> str:
        """Return the fault in words, "" if there is none."""
        if self.fault is None:
            return ""
        return self.fault.value if self.certain else f"suspected: {self.fault.value}"


@dataclass(frozen=True)
class Answer:
    """The answer to a question.

    Attributes:
        question: in a word or two.
        findings: none if it was skipped.
        skipped: why it was skipped, and how to get an answer; "" if it was not.
        numbers: the numbers behind the findings, as in the JSON output.
    """

    question: str
    findings: Sequence[Finding] = ()
    skipped: str = ""
    numbers: Mapping[str, Any] = field(default_factory=dict)
