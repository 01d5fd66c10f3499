"""Patch of a divergence in training, confirmed: with it in place, the first steps agree."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from parity.declaring.port import Port
from parity.declaring.training import Training
from parity.diagnosing.confirming import in_place
from parity.diagnosing.patches import Patch, make_patch
from parity.diagnosing.source_rewriting import CannotWriteError
from parity.train.lockstep import KINDS, Divergence, Lockstep, TrainingComparison

# Causes of which a patch is tried.
_PATCHED = 3
# Steps that run again with the patch, and after the step that diverged.
_STEPS, _STEPS_AFTER = 8, 3


@dataclass(frozen=True)
class TrainingPatch:
    """Patch with which a training was run again.

    Args:
        what: what it repairs, in words.
        patch: the patch.
        again: the first steps with it.
    """

    what: str
    patch: Patch
    again: TrainingComparison


def find_patch(compared: TrainingComparison, reload: Callable[[], Port]) -> TrainingPatch | None:
    """Return the first patch that repairs a call of the candidate's; None if none does.

    It does if the steps that run again agree, or part only in what is computed later in a step.
    `reload` finds the port anew.
    """
    divergence = compared.divergence
    repair = divergence.root_cause.repair if divergence is not None else None
    if divergence is None or repair is None:
        return None
    for cause in repair.root_causes[:_PATCHED]:
        try:
            patch = make_patch(cause, repair.calls)
        except CannotWriteError:
            continue
        again = _run_again(compared, divergence.step, patch, reload)
        if again is not None and _is_repaired(again, divergence):
            return TrainingPatch(cause.name, patch, again)
    return None


def _run_again(
    compared: TrainingComparison, step: int, patch: Patch, reload: Callable[[], Port]
) -> TrainingComparison | None:
    steps = min(compared.course.steps, max(_STEPS, step + _STEPS_AFTER))
    course = replace(compared.course, steps=steps)
    try:
        with in_place(patch.after):
            return Lockstep(_named(reload(), compared.training), course).run()
    except (Exception, SystemExit):
        # The user's own files, which a patch may have made wrong: it is not confirmed.
        return None


def _named(port: Port, name: str) -> Training:
    return next(training for training in port.trainings if training.name == name)


def _is_repaired(again: TrainingComparison, before: Divergence) -> bool:
    if again.divergence is None:
        return again.verdict.passes
    return KINDS.index(again.divergence.kind) > KINDS.index(before.kind)
