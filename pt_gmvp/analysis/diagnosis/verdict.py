"""What all answers come to together: which faults hold, which are their consequences, what to do.

No score is made of the evidence. A fault holds if a statement names it, and each statement needed
more than noise; a fault that another one explains by itself is told as its consequence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault
from pt_gmvp.analysis.diagnosis.lockstep import QUESTION as LOCKSTEP

EXPLAINED_BY: Mapping[Fault, Sequence[Fault]] = {
    # With no rule to be learnt, what goes on falling is noise learnt by heart.
    Fault.OVERFITS: (Fault.UNLEARNABLE, Fault.DIVERGED),
    # Weights that went astray say anything.
    Fault.UNDERFITS: (Fault.DIVERGED, Fault.SHORT),
    Fault.UNLEARNABLE: (Fault.DIVERGED, Fault.SHORT),
    # Probabilities settle last, and cannot be right about what was not learnt or leaks.
    Fault.MISCALIBRATED: (
        Fault.DIVERGED,
        Fault.SHORT,
        Fault.UNLEARNABLE,
        Fault.UNDERFITS,
        Fault.GENE,
    ),
}
REMEDY: Mapping[Fault, str] = {
    Fault.PORT: "mend the port first: parity train and parity check name the layer and the cause",
    Fault.DIVERGED: "lower learning_rate or lengthen warmup_steps; gmvp replay takes a step that "
    "was not finite again",
    Fault.CONTROL: "look for what brings the held-out labels in: weights that --init took from a "
    "model trained on them, or labels in the features",
    Fault.LEAK: "split by position or by transcript (gmvp train --validation LIST) and train anew; "
    "until then quote the AUROC of the variants that do not leak",
    Fault.UNLEARNABLE: "check the labels and how they are joined to the variants, before the model",
    Fault.UNDERFITS: "train longer or with a higher learning_rate; if that does not help, check "
    "the features",
    Fault.GENE: "give both classes in each gene, or hold out whole genes; quote the AUROC within "
    "genes",
    Fault.OVERFITS: "the weights kept are those of the best epoch; more data, more dropout or "
    "fewer units would move it",
    Fault.SHORT: "train on: give a larger max_epochs in another --out",
    Fault.MISCALIBRATED: "rank by the scores, and fit a calibration on other variants before "
    "reading them as probabilities",
}


@dataclass(frozen=True)
class Verdict:
    """What is wrong, by weight; what follows from it; what was not asked.

    Attributes:
        faults: that stand by themselves, the one to mend first in front.
        consequences: each fault that another one explains, with that one.
        suspected: what noise may have done, and no fault that was found explains.
        answers: all of them, in order.
    """

    faults: Sequence[Fault]
    consequences: Mapping[Fault, Fault]
    suspected: Sequence[Fault]
    answers: Sequence[Answer]

    @property
    def unasked(self) -> list[Answer]:
        """The questions that were not asked."""
        return [answer for answer in self.answers if answer.unasked]

    @property
    def code(self) -> int:
        """The exit code: 0 nothing wrong was found beyond noise, 1 something was."""
        return 1 if self.faults else 0

    @property
    def sentence(self) -> str:
        """Is it the port or the model?"""
        found = " and ".join(fault.value for fault in self.faults)
        suspected = " or ".join(fault.value for fault in self.suspected)
        if suspected and not found:
            return f"not certain: it may be that {suspected}, or noise{self._port}"
        if not found:
            rest = " in what was asked" if self.unasked else ""
            return f"all well: nothing wrong was found{rest}{self._port}"
        return f"{found}{self._port}"

    @property
    def _port(self) -> str:
        if Fault.PORT in self.faults:
            return ""
        if any(answer.question == LOCKSTEP and not answer.unasked for answer in self.answers):
            return "; it is not the port, which trains as the original does"
        return "; whether the port trains as the original does was not asked"

    @property
    def advice(self) -> list[str]:
        """What to do, for each fault that stands by itself, and to ask what was not."""
        told = [f"{fault.value}: {REMEDY[fault]}" for fault in self.faults]
        if self.suspected:
            names = ", ".join(fault.value for fault in self.suspected)
            told.append(f"suspected ({names}): hold out more variants of more genes, to be certain")
        return told + [f"{answer.question}, not asked: {answer.unasked}" for answer in self.unasked]


def weigh(answers: Sequence[Answer]) -> Verdict:
    """Weigh the answers; their order does not matter for the faults."""
    findings = [finding for answer in answers for finding in answer.findings]
    named = {finding.fault for finding in findings if finding.certain}
    perhaps = {finding.fault for finding in findings if not finding.certain}
    held = [fault for fault in Fault if fault in named]
    consequences = {
        fault: next(cause for cause in EXPLAINED_BY.get(fault, ()) if cause in named)
        for fault in held
        if named.intersection(EXPLAINED_BY.get(fault, ()))
    }
    return Verdict(
        [fault for fault in held if fault not in consequences],
        consequences,
        [
            fault
            for fault in Fault
            if fault in perhaps - named and not named.intersection(EXPLAINED_BY.get(fault, ()))
        ],
        answers,
    )
