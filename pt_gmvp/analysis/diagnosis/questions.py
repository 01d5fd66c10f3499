"""All questions about a run, answered one after the other or skipped with a reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.errors import InputError
from pt_gmvp.analysis.diagnosis import balance, calibration, curves, gap, leakage, lockstep, shuffle
from pt_gmvp.analysis.diagnosis.findings import Answer
from pt_gmvp.analysis.diagnosis.finished_run import FinishedRun, Predicted, open_run, source_of
from pt_gmvp.analysis.diagnosis.folds import read_folds, transcripts_of
from pt_gmvp.analysis.diagnosis.verdict import Verdict, weigh
from pt_gmvp.config import ModelConfig, TrainingConfig
from pt_gmvp.training.split import FILES, Source, Split, open_split


@dataclass(frozen=True)
class Request:
    """Arguments of `diagnose`.

    Attributes:
        run: the run's folder.
        data, features, validation: as for training; None for those that the run recorded.
        sample: number of training variants that are scored for the gap.
        shuffles: pairs of trainings of the label-shuffle control, 0 for none.
        shuffle_steps: steps of each training.
        lockstep: steps trained in lockstep with the original, 0 for none.
        seed: of samples, draws and trainings.
        timeout: seconds for the lockstep.
    """

    run: Path
    data: Path | None = None
    features: Path | None = None
    validation: Path | None = None
    sample: int = 2000
    shuffles: int = 4
    shuffle_steps: int = 40
    lockstep: int = 20
    seed: int = 0
    timeout: float = 600.0


Say = Callable[[str], None]


def diagnose(request: Request, say: Say = lambda text: None) -> tuple[FinishedRun, Verdict]:
    """Answer all questions about a run.

    Args:
        request: the run and options.
        say: called with the name of the next question.

    Raises:
        InputError: the folder is not a run, or lacks an epoch or its predictions; or the run's
            data are damaged.
    """
    run = open_run(request.run)
    return run, weigh(list(_answers(request, run, say)))


def _answers(request: Request, run: FinishedRun, say: Say) -> Iterator[Answer]:
    say(curves.QUESTION)
    yield curves.answer(curves.measure(run))
    kept = run.predicted(run.kept)
    say(calibration.QUESTION)
    yield _calibrated(kept, run.kept, request.seed)
    try:
        source = source_of(run, request.data, request.features, request.validation)
        split = open_split(source, run.config["data"])
        _check_data(run, split)
    except (InputError, OSError) as error:
        if request.data is not None:
            raise
        # Without the data, half of the questions can still be answered.
        for question in (gap, leakage, balance, shuffle):
            yield Answer(question.QUESTION, skipped=str(error))
        yield _lockstep(request, run, None, say)
        return
    yield from _of_data(request, run, split, say)
    yield _lockstep(request, run, source, say)


def _calibrated(kept: Predicted, epoch: int, seed: int) -> Answer:
    if not np.isfinite(kept.probabilities).all():
        return Answer(calibration.QUESTION, skipped="predictions are not finite")
    genes = transcripts_of(kept.names)
    found = calibration.measure(kept.labels, kept.probabilities, genes, seed)
    return calibration.answer(found, epoch)


def _check_data(run: FinishedRun, split: Split) -> None:
    """Raise InputError for other data than the run's, whose predictions name its variants."""
    if split.validation.var_ids != run.predicted(run.kept).names:
        raise InputError(
            f"{run.folder.path}: its predictions are for variants other than those now held out "
            "from the data; give the --data and --validation that it was trained with"
        )


def _of_data(request: Request, run: FinishedRun, split: Split, say: Say) -> Iterator[Answer]:
    say(gap.QUESTION)
    yield gap.answer(gap.measure(run, split.training, request.sample, request.seed))
    say(leakage.QUESTION)
    training, validation = read_folds(split)
    scores = run.predicted(run.kept).probabilities
    yield leakage.answer(leakage.measure(training, validation, scores))
    say(balance.QUESTION)
    measured = balance.measure(training, validation, scores)
    yield (
        balance.answer(measured)
        if measured
        else Answer(balance.QUESTION, skipped="the variants' names do not contain transcripts")
    )
    yield _shuffled(request, run, split, say)


def _shuffled(request: Request, run: FinishedRun, split: Split, say: Say) -> Answer:
    number = request.shuffles
    if not number:
        return Answer(shuffle.QUESTION, skipped="not requested; give --shuffles 4")
    held_out = split.validation.labels
    if held_out.min() == held_out.max():
        return Answer(shuffle.QUESTION, skipped="the held-out variants have only one class")
    done = iter(range(1, 2 * number + 1))
    say(shuffle.QUESTION)
    found = shuffle.measure(
        split,
        ModelConfig.from_dict(run.config["model"]),
        TrainingConfig.from_dict(run.config["training"]),
        request.shuffle_steps,
        number,
        request.seed,
        lambda: say(f"{shuffle.QUESTION}: {next(done)} of {2 * number} trainings done"),
    )
    return shuffle.answer(found)


def _lockstep(request: Request, run: FinishedRun, source: Source | None, say: Say) -> Answer:
    if not request.lockstep:
        return Answer(lockstep.QUESTION, skipped="not requested; give --lockstep 20")
    say(lockstep.QUESTION)
    training, validation = _files(run, source)
    optimizer = run.config["training"]["optimizer"]
    return lockstep.run(
        optimizer, request.lockstep, request.seed, training, validation, request.timeout
    )


def _files(run: FinishedRun, source: Source | None) -> tuple[Path | None, Path | None]:
    """Return files of the run's own records that `parity train` can read, or None."""
    account = run.config["data"]
    if source is None or account["kind"] != "ten files" or len(account["files"]) != FILES - 1:
        return None, None
    return source.data / account["files"][0], source.data / account["validation"]
