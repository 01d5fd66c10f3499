"""Verdict from all answers: faults, their consequences, and what to do.

The evidence is not summed into a score. A run has a fault if a finding that is beyond noise names
it; a fault that another one explains is reported as its consequence.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault
from pt_gmvp.analysis.diagnosis.lockstep import QUESTION as LOCKSTEP

EXPLAINED_BY: Mapping[Fault, Sequence[Fault]] = {
    # Without anything to learn, a falling training loss means memorised noise.
    Fault.OVERFITS: (Fault.UNLEARNABLE, Fault.DIVERGED),
    # Diverged weights can give any result.
    Fault.UNDERFITS: (Fault.DIVERGED, Fault.SHORT),
    Fault.UNLEARNABLE: (Fault.DIVERGED, Fault.SHORT),
    # Probabilities settle last, and cannot be right if nothing was learned.
    Fault.MISCALIBRATED: (
        Fault.DIVERGED,
        Fault.SHORT,
        Fault.UNLEARNABLE,
        Fault.UNDERFITS,
        Fault.GENE,
    ),
}
REMEDY: Mapping[Fault, str] = {
    Fault.PORT: "fix the port first: parity train and parity check name the layer and the cause",
    Fault.DIVERGED: "lower learning_rate or increase warmup_steps; gmvp replay repeats a step that "
    "was not finite",
    Fault.CONTROL: "find out how the held-out labels leak in: from --init weights of a model "
    "trained on them, or from labels in the features",
    Fault.LEAK: "split by position or by transcript (gmvp train --validation LIST) and train "
    "again; until then report the AUROC of the variants that do not leak",
    Fault.UNLEARNABLE: "check the labels and how they are joined to the variants, before the model",
    Fault.UNDERFITS: "train longer or with a higher learning_rate; if that does not help, check "
    "the features",
    Fault.GENE: "include both classes in each gene, or hold out whole genes; report the AUROC "
    "within genes",
    Fault.OVERFITS: "the kept weights are those of the best epoch; more data, more dropout or "
    "fewer units may help",
    Fault.SHORT: "train longer: give a larger max_epochs in another --out",
    Fault.MISCALIBRATED: "use the scores only for ranking, or fit a calibration on other variants "
    "before reading them as probabilities",
}


@dataclass(frozen=True)
class Verdict:
    """The faults of a run, and the answers they follow from.

    Attributes:
        faults: those that no other explains, in the order in which they should be fixed.
        consequences: each explained fault, with the fault that explains it.
        suspected: faults that may be noise, and that no other fault explains.
        answers: all answers, in order.
    """

    faults: Sequence[Fault]
    consequences: Mapping[Fault, Fault]
    suspected: Sequence[Fault]
    answers: Sequence[Answer]

    @property
    def skipped(self) -> list[Answer]:
        """Return the questions that were skipped."""
        return [answer for answer in self.answers if answer.skipped]

    @property
    def code(self) -> int:
        """Return the exit code: 1 if a fault was found beyond noise, else 0."""
        return 1 if self.faults else 0

    @property
    def sentence(self) -> str:
        """Return the verdict in one sentence."""
        found = " and ".join(fault.value for fault in self.faults)
        suspected = " or ".join(fault.value for fault in self.suspected)
        if suspected and not found:
            return f"not certain: perhaps {suspected}, or it is noise{self._port}"
        if not found:
            rest = " in the questions answered" if self.skipped else ""
            return f"no fault found{rest}{self._port}"
        return f"{found}{self._port}"

    @property
    def _port(self) -> str:
        if Fault.PORT in self.faults:
            return ""
        if any(answer.question == LOCKSTEP and not answer.skipped for answer in self.answers):
            return "; it is not the port, which trains like the original"
        return "; the port was not compared with the original"

    @property
    def advice(self) -> list[str]:
        """Return what to do about each fault, and about each skipped question."""
        lines = [f"{fault.value}: {REMEDY[fault]}" for fault in self.faults]
        if self.suspected:
            names = ", ".join(fault.value for fault in self.suspected)
            lines.append(
                f"suspected ({names}): hold out more variants from more genes to be certain"
            )
        return lines + [f"{answer.question}, skipped: {answer.skipped}" for answer in self.skipped]


def weigh(answers: Sequence[Answer]) -> Verdict:
    """Derive the verdict from the answers."""
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
