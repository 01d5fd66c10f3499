"""Scores of all substitutions in proteins by an ensemble."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from converters.columns import N_AMINO_ACIDS
from pt_gmvp.forms.per_residue.model import Asked, FoldedModel, Rows
from pt_gmvp.forms.per_residue.protein import CountPlan, Protein
from pt_gmvp.forms.per_residue.sites import Sites, Windows
from pt_gmvp.forms.threads import alone
from pt_gmvp.model import GMVP

# Maximum number of residues scored together: a core's cache holds most of their data.
_RESIDUES = 64
# Stretches per thread to work ahead of the one that is waited for.
_AHEAD = 4


class _Prepared(NamedTuple):
    """A protein, and what each model computes for its positions."""

    protein: Protein
    models: list[tuple[FoldedModel, CountPlan, Rows]]


class Scorer:
    """Scorer of all 20 substitutions at every residue of proteins by an ensemble.

    A protein is cut into stretches of at most 64 residues, by its length alone, and one thread
    computes a stretch: whatever else is scored, in any order, by any number of threads or
    processes, a protein's scores are bit-identical on one kind of machine. Everything is computed
    in the models' dtype; autocast has no effect.

    Args:
        models: one or more, on one device; later changes of their weights have no effect. They
            score as in evaluation mode.
        threads: number of stretches to compute at a time on a CPU; PyTorch's threads if None.

    Raises:
        ValueError: no model was given.
    """

    def __init__(self, models: Sequence[GMVP], threads: int | None = None) -> None:
        if not models:
            raise ValueError("no model was given; expected at least one")
        with alone():
            self._models = [FoldedModel(model) for model in models]
        self._device = models[0].logit.weight.device
        self._threads = threads or torch.get_num_threads()

    def score(
        self, proteins: Iterable[tuple[str, NDArray[np.floating[Any]]]]
    ) -> Iterator[tuple[str, Tensor]]:
        """Score proteins as they come, and yield them in order.

        Only a few are read ahead of the one that is yielded.

        Args:
            proteins: ids and feature matrices, (length, 435).

        Yields:
            The id, and the mean of the models' probabilities, (length, 20), on the CPU, in the
            models' dtype; the protein's own residue is one of the 20.

        Raises:
            MatrixError: a matrix has another shape, or holds a number that is not finite.
            ResidueCodeError: a residue code that is NaN, infinite or negative.
        """
        waiting: deque[tuple[str, list[Future[Tensor]]]] = deque()
        with self._workers() as workers:
            for name, matrix in proteins:
                waiting.append((name, self._submit(workers, name, matrix)))
                while len(waiting) > 1 and _unfinished(waiting) > _AHEAD * self._threads:
                    yield _result(*waiting.popleft())
            while waiting:
                yield _result(*waiting.popleft())

    def score_residues(
        self, name: str, matrix: NDArray[np.floating[Any]], positions: Iterable[int]
    ) -> Tensor:
        """Score some residues of a protein, in their order: (P, 20).

        Consecutive ones are computed together, so that a score may differ from that of `score` by
        rounding.

        Args:
            name: the protein's id, for messages.
            matrix: (length, 435).
            positions: within the protein, the first residue being 0.

        Raises:
            MatrixError, ResidueCodeError: as in `score`.
        """
        with alone(), torch.autocast(self._device.type, enabled=False):
            prepared = self._prepare(Protein.read(name, matrix, self._device))
            return _concatenate([self._stretch(prepared, some) for some in _runs(positions)])

    def score_sites(self, blocks: Iterable[tuple[str, Sites]]) -> Iterator[tuple[str, Tensor]]:
        """Score given substitutions of several proteins, block by block, and yield them in order.

        Only what the windows of these residues see is computed, and only these substitutions, so
        that a score may differ from that of `score` by rounding. It depends on its block alone: not
        on other blocks, nor on the number of threads. Only a few blocks are read ahead.

        Args:
            blocks: names, for messages, and what to score; 64 residues or so are a good number.

        Yields:
            The name, and the mean of the models' probabilities, (V,), on the CPU.

        Raises:
            MatrixError, ResidueCodeError: as in `score`.
        """
        waiting: deque[tuple[str, list[Future[Tensor]]]] = deque()
        with self._workers() as workers:
            for name, sites in blocks:
                waiting.append((name, [workers.submit(self._score_block, name, sites)]))
                while len(waiting) > 1 and _unfinished(waiting) > _AHEAD * self._threads:
                    yield _result(*waiting.popleft())
            while waiting:
                yield _result(*waiting.popleft())

    @torch.inference_mode()
    def _score_block(self, name: str, sites: Sites) -> Tensor:
        if not len(sites.centers):
            return torch.empty(0)
        protein = Protein.read(name, sites.rows, self._device)
        windows = Windows.of_sites(sites, self._device)
        # Values of all rows, or of what each substitution gathers: whichever are fewer.
        projected = len(sites.center) > len(sites.rows)
        prepared = self._prepare(protein, windows, projected)
        scores = []
        for start in range(0, len(sites.centers), _RESIDUES):
            some = range(start, min(start + _RESIDUES, len(sites.centers)))
            asked = Asked.of(sites, some, self._device)
            found = [
                model.probabilities_of(protein, plan, rows, some, asked)
                for model, plan, rows in prepared.models
            ]
            scores.append(torch.stack(found).mean(0).cpu())
        return torch.cat(scores)

    def _submit(
        self, workers: Executor, name: str, matrix: NDArray[np.floating[Any]]
    ) -> list[Future[Tensor]]:
        protein = Protein.read(name, matrix, self._device)
        # Workers start in this order, so that none waits for a task that has not started.
        prepared = workers.submit(self._prepare, protein)
        return [
            workers.submit(lambda some: self._stretch(prepared.result(), some), some)
            for some in _stretches(len(protein))
        ]

    @torch.inference_mode()
    def _prepare(
        self, protein: Protein, windows: Windows | None = None, projected: bool = True
    ) -> _Prepared:
        plans: dict[bool, CountPlan] = {}
        models = []
        for model in self._models:
            centered = model.relating.centered
            if centered not in plans:
                plans[centered] = CountPlan.find(protein, centered, windows)
            plan = plans[centered]
            models.append((model, plan, model.rows(protein, plan, projected)))
        return _Prepared(protein, models)

    @torch.inference_mode()
    def _stretch(self, prepared: _Prepared, some: range) -> Tensor:
        found = [
            model.probabilities(prepared.protein, plan, rows, some)
            for model, plan, rows in prepared.models
        ]
        return torch.stack(found).mean(0).cpu()

    @contextmanager
    def _workers(self) -> Iterator[Executor]:
        """Yield threads whose operations use no other threads; only one for an accelerator."""
        own = torch.get_num_threads()
        threads = self._threads if self._device.type == "cpu" else 1
        workers = ThreadPoolExecutor(
            threads, "scoring", initializer=torch.set_num_threads, initargs=(1,)
        )
        try:
            yield workers
        finally:
            workers.shutdown(cancel_futures=True)
            # Threads that start later inherit the setting of the workers.
            torch.set_num_threads(own)


def _stretches(length: int) -> list[range]:
    """Cut a protein into as few stretches as possible, of about the same length."""
    number = -(-length // _RESIDUES)
    ends = [length * i // max(number, 1) for i in range(number + 1)]
    return [range(first, last) for first, last in pairwise(ends)]


def _runs(positions: Iterable[int]) -> Iterator[range]:
    """Yield runs of consecutive positions, none longer than a stretch may be."""
    some = range(0)
    for position in positions:
        if some and position == some.stop and len(some) < _RESIDUES:
            some = range(some.start, position + 1)
            continue
        if some:
            yield some
        some = range(position, position + 1)
    if some:
        yield some


def _unfinished(waiting: Iterable[tuple[str, list[Future[Tensor]]]]) -> int:
    return sum(not part.done() for _, parts in waiting for part in parts)


def _result(name: str, parts: list[Future[Tensor]]) -> tuple[str, Tensor]:
    return name, _concatenate([part.result() for part in parts])


def _concatenate(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts) if parts else torch.empty(0, N_AMINO_ACIDS)
