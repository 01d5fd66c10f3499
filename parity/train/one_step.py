"""One step of each declared training, as a case of a check."""

import time
from collections.abc import Sequence

from parity.checking.case_result import CaseResult
from parity.checking.selection import Selection
from parity.checking.time_limit import time_limit
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.training import Course, Training
from parity.errors import ParityError, UnavailableError
from parity.judging.verdict import OutputResult, Verdict
from parity.train.lockstep import Lockstep, TrainingComparison
from parity.train.report import answer, details

CONFIG = "one step"
_BATCH = 4


def selected(port: Port, selection: Selection) -> tuple[Training, ...]:
    """Return the trainings of which a check takes a step: all if asked, and of the whole port."""
    whole = not selection.layers and not selection.configs
    return port.trainings if selection.training and whole else ()


def training_pair(training: Training) -> Pair:
    """Return the pair by which reports name a training; it cannot be run."""

    def unbuilt(options: object, dtype: str) -> Built:
        raise ParityError("a training is no layer")

    return Pair(
        f"training {training.name}",
        Side(training.reference.framework, unbuilt),
        Side(training.candidate.framework, unbuilt),
        (Configuration(CONFIG, training.options),),
        lambda given: {},
        about=training.about,
    )


def one_step(
    training: Training, inputs: InputSet, seed: int, timeout: float | None = None
) -> CaseResult:
    """Train both sides for one step; return the verdict on loss, gradients and weights.

    Where that takes more than `timeout` seconds, the verdict is `not compared`.
    """
    started = time.monotonic()
    try:
        course = Course(inputs, None, 1, min(_BATCH, inputs.records), seed)
        with time_limit(timeout):
            compared = Lockstep(training, course).run(lambda step: None)
    except UnavailableError:
        raise
    except ParityError as error:
        notes: Sequence[str] = (str(error),)
        outputs: tuple[OutputResult, ...] = ()
        verdict = Verdict.NOT_COMPARED
    else:
        verdict, outputs = compared.verdict, _outputs(compared)
        notes = () if verdict.passes else (answer(compared), *details(compared))
    return CaseResult(
        training_pair(training).layer,
        CONFIG,
        "training",
        inputs.title,
        verdict,
        outputs,
        tuple(notes),
        time.monotonic() - started,
    )


def _outputs(compared: TrainingComparison) -> tuple[OutputResult, ...]:
    if compared.divergence is not None:
        quantities = compared.divergence.comparisons
    else:
        quantities = tuple(q for step in compared.steps for q in step.comparisons)
    return tuple(
        OutputResult(q.name, q.verdict, "" if q.verdict.passes else q.describe())
        for q in quantities
    )
