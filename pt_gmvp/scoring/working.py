"""Work of one process: read its transcripts ahead and score them, noting those that fail."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import RESIDUE
from converters.errors import InputError
from converters.features.files import load_matrix
from pt_gmvp.data.readahead import read_ahead
from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.runs.progress import Advance
from pt_gmvp.scoring.models import Ensemble, in_scoring_dtype
from pt_gmvp.scoring.transcripts import Task


class Scored(NamedTuple):
    """A transcript's residues, (length,), and their scores, (length, 20)."""

    task: Task
    codes: NDArray[np.uint8]
    scores: NDArray[np.floating[Any]]


class Work(NamedTuple):
    """Result of a share: number of residues scored, and per failed transcript the reason."""

    failures: dict[str, str]
    residues: int


def score(
    ensemble: Ensemble, tasks: Iterable[Task], keep: Callable[[Scored], None], advance: Advance
) -> Work:
    """Score transcripts one after the other; each is kept as soon as it is scored.

    Args:
        ensemble: the models.
        tasks: in the order in which to score.
        keep: called with each transcript's scores.
        advance: called with the residues of each transcript.

    Raises:
        InputError: the device has too little memory.
    """
    failures: dict[str, str] = {}
    pending: dict[str, tuple[Task, NDArray[np.uint8]]] = {}
    residues = 0

    def proteins() -> Iterator[tuple[str, NDArray[np.float32]]]:
        with closing(read_ahead(read_matrices(tasks, failures))) as found:
            for task, matrix in found:
                codes = matrix[:, RESIDUE].astype(np.uint8)
                pending[task.transcript] = task, codes
                yield task.transcript, matrix

    with memory_of(ensemble), ensemble.precise():
        for transcript, found in Scorer(in_scoring_dtype(ensemble)).score(proteins()):
            task, codes = pending.pop(transcript)
            scores = as_array(found)
            if np.isfinite(scores).all():
                keep(Scored(task, codes, scores))
                residues += len(codes)
            else:
                failures[transcript] = _not_finite(task, scores)
            advance(task.residues)
    return Work(failures, residues)


@contextmanager
def memory_of(ensemble: Ensemble) -> Iterator[None]:
    """Say that a device has too little memory: InputError in place of PyTorch's error."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise InputError(
            f"out of memory on {ensemble.device}; finished scores are kept; free some memory"
            " or give another --device"
        ) from None


def read_matrix(path: Path) -> NDArray[np.float32]:
    """Read a matrix as the model takes it.

    Raises:
        InputError: the file holds no such array, or a number that no such matrix has.
        OSError: it cannot be read.
    """
    return load_matrix(path).astype(np.float32)


def read_matrices(
    tasks: Iterable[Task], failures: dict[str, str]
) -> Generator[tuple[Task, NDArray[np.float32]], None, None]:
    """Yield tasks with their matrices, (length, 435); note the reason for one that is unusable."""
    for task in tasks:
        try:
            yield task, read_matrix(task.path)
        except InputError as error:
            failures[task.transcript] = str(error)
        except OSError as error:
            failures[task.transcript] = f"{task.path}: {error.strerror or error}"


def as_array(scores: Tensor) -> NDArray[np.floating[Any]]:
    """Return scores as float32, or as float64 if they are."""
    if scores.dtype not in (torch.float32, torch.float64):
        scores = scores.float()
    found: NDArray[np.floating[Any]] = scores.cpu().numpy()
    return found


def _not_finite(task: Task, scores: NDArray[np.floating[Any]]) -> str:
    row = int(np.argwhere(~np.isfinite(scores))[0, 0])
    return (
        f"{task.path}: its scores are not finite from position {row + 1} on; are numbers in the "
        "matrix or the weights far outside the range of the training data?"
    )
