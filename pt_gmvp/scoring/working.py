"""One process' work: its transcripts read, scored and handed on, whatever is wrong with some."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.model import RESIDUE
from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.scoring.models import Ensemble, lowered
from pt_gmvp.scoring.progress import Advance
from pt_gmvp.scoring.reading import Reader
from pt_gmvp.scoring.transcripts import Task


class Scored(NamedTuple):
    """A transcript's residues, (length,), and their scores, (length, 20)."""

    task: Task
    codes: NDArray[np.uint8]
    scores: NDArray[np.floating[Any]]


class Work(NamedTuple):
    """What came of it: why some transcripts have no scores, and how many residues have."""

    failures: dict[str, str]
    residues: int


def score(
    ensemble: Ensemble, tasks: Iterable[Task], keep: Callable[[Scored], None], advance: Advance
) -> Work:
    """Score transcripts one after the other; each is kept as soon as it is scored.

    Args:
        ensemble: what scores.
        tasks: in the order in which to score.
        keep: what each transcript's scores are given to.
        advance: called with the residues of each.

    Raises:
        ScoreError: the device has too little memory.
    """
    reader = Reader()
    under_way: dict[str, tuple[Task, NDArray[np.uint8]]] = {}
    residues = 0

    def proteins() -> Iterator[tuple[str, NDArray[np.float32]]]:
        with closing(reader.read(tasks)) as found:
            for task, matrix in found:
                # As the model has them: truncated, and what is no amino acid is all one.
                codes = matrix[:, RESIDUE].clip(0, 20).astype(np.uint8)
                under_way[task.transcript] = task, codes
                yield task.transcript, matrix

    try:
        with ensemble.precise():
            for transcript, found in Scorer(lowered(ensemble)).score(proteins()):
                task, codes = under_way.pop(transcript)
                scores = _as_array(found)
                if np.isfinite(scores).all():
                    keep(Scored(task, codes, scores))
                    residues += len(codes)
                else:
                    reader.failures[transcript] = _not_finite(task, scores)
                advance(task.residues)
    except torch.OutOfMemoryError:
        raise ScoreError(
            f"out of memory on {ensemble.device}; what was scored until then is kept; free some, or"
            " take another --device"
        ) from None
    return Work(reader.failures, residues)


def _as_array(scores: Tensor) -> NDArray[np.floating[Any]]:
    if scores.dtype not in (torch.float32, torch.float64):
        scores = scores.float()
    found: NDArray[np.floating[Any]] = scores.cpu().numpy()
    return found


def _not_finite(task: Task, scores: NDArray[np.floating[Any]]) -> str:
    row = int(np.argwhere(~np.isfinite(scores))[0, 0])
    return (
        f"{task.path}: its scores are not finite from position {row + 1} on; are numbers in the "
        "matrix, or weights, far from any the models were trained with?"
    )
