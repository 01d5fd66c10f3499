"""`gmvp predict`: the scores of given variants, in their order."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.errors import InputError
from converters.records.tfrecord import is_gzipped
from converters.variants.reading import Options
from pt_gmvp.data import (
    Batch,
    TableDataset,
    VariantDataset,
    read_batches,
)
from pt_gmvp.data.opening import open_stored
from pt_gmvp.ensemble import ModelSource
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.runs.batches import naming_variants
from pt_gmvp.runs.devices import Precision, choose_device
from pt_gmvp.runs.progress import show_progress
from pt_gmvp.scoring.formatting import variants
from pt_gmvp.scoring.models import Ensemble, load_ensemble
from pt_gmvp.scoring.outputs import Form, Output, text_writer

_AT_ONCE = 100_000
"""Variants formatted at a time."""


@dataclass(frozen=True)
class Request:
    """Variants to score, and where to write the scores.

    Attributes:
        models: folders or files of the ensemble's models.
        output: the table to write.
        records: a file of records, a folder of them, or a tensor store.
        variants: a table, in place of records.
        features: the folder of the table's matrices.
        device: its name.
        precision: of matrix products.
        batch_size: variants to score at a time.
        force: replace an existing table.
    """

    models: Sequence[ModelSource]
    output: Output
    records: Path | None = None
    variants: Path | None = None
    features: Path | None = None
    device: str = "auto"
    precision: Precision = "float32"
    batch_size: int = 256
    force: bool = False


class Account(NamedTuple):
    """Result: number of variants in the table, seconds, and the failed variants with reasons."""

    ensemble: Ensemble
    variants: int
    seconds: float
    failures: list[tuple[str, str]]


class _Source(NamedTuple):
    """Batches with their variants' places in the output, the total number of variants (None if
    unknown), and those that cannot be scored, with reasons."""

    batches: Iterator[tuple[Sequence[int], Batch]]
    total: int | None
    failures: list[tuple[str, str]]


def run(request: Request) -> Account:
    """Score as requested; the table appears whole or not at all.

    Raises:
        InputError: there is no variant, the output exists already, or the variants, a matrix or a
            model cannot be used.
        OSError: something cannot be read or written.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("gmvp predict runs in one process; start it without torchrun")
    output = request.output
    if output.path.exists() and not output.stream and not request.force:
        raise InputError(f"{output.path}: exists; give --force to replace it, or another name")
    ensemble = load_ensemble(request.models, choose_device(request.device), request.precision)
    source = _open(request)
    begun = monotonic()
    names, scores = _score(ensemble, source)
    good = np.isfinite(scores)
    odd = [name for name, fine in zip(names, good.tolist(), strict=True) if not fine]
    failures = source.failures + [(name, "its score is not a finite number") for name in odd]
    names = [name for name, fine in zip(names, good.tolist(), strict=True) if fine]
    if not names:
        reason = ": {}: {}".format(*failures[0]) if failures else ""
        raise InputError(f"{request.records or request.variants}: no variant to score{reason}")
    _write(output, names, scores[good])
    return Account(ensemble, len(names), monotonic() - begun, failures)


def _score(ensemble: Ensemble, source: _Source) -> tuple[list[str], NDArray[np.floating[Any]]]:
    """Return names and scores in the order of their places."""
    places: list[int] = []
    names: list[str] = []
    scores: list[NDArray[np.floating[Any]]] = [np.empty(0, np.float32)]
    with show_progress("scoring", source.total, "variants") as advance, ensemble.precise():
        for of_batch, batch in source.batches:
            with naming_variants(batch):
                found = ensemble_probability(ensemble.models, batch.to(ensemble.device))
            places += of_batch
            names += batch.var_id
            scores.append(found.cpu().numpy())
            advance(len(of_batch))
    order = np.argsort(np.array(places, np.int64), kind="stable")
    return [names[number] for number in order.tolist()], np.concatenate(scores)[order]


def _open(request: Request) -> _Source:
    if request.variants is not None:
        return _open_table(request.variants, request.features, request.batch_size)
    assert request.records is not None
    path = request.records
    if not path.is_dir() and _gzipped(path):
        return _Source(_in_sequence(read_batches(path, request.batch_size)), None, [])
    _, stored = open_stored(path, share_windows=True)
    return _in_order(stored, range(len(stored)), request.batch_size, [])


def _gzipped(path: Path) -> bool:
    with open(path, "rb", buffering=0) as file:
        return is_gzipped(file)


def _open_table(path: Path, features: Path | None, size: int) -> _Source:
    """Open a table, with a transcript's variants together: its matrix is read only once."""
    if features is None:
        raise InputError(f"--variants {path}: requires --features, the folder of its matrices")
    options = Options()  # of a table to score, labels are ignored
    table = TableDataset(path, features, share_windows=True, on_problem="skip", options=options)
    order = np.argsort(table.rows.transcript, kind="stable").tolist()
    failures = [(problem.variant, problem.detail) for problem in table.problems if problem.failed]
    return _in_order(table, order, size, failures)


def _in_order(
    found: VariantDataset, order: Sequence[int], size: int, failures: list[tuple[str, str]]
) -> _Source:
    """Return a data set's variants in some order."""
    chosen = (order[start : start + size] for start in range(0, len(order), size))
    batches = ((numbers, found.__getitems__(numbers)) for numbers in chosen)
    return _Source(batches, len(order), failures)


def _in_sequence(batches: Iterable[Batch]) -> Iterator[tuple[Sequence[int], Batch]]:
    start = 0
    for batch in batches:
        end = start + len(batch.var_id)
        yield range(start, end), batch
        start = end


def _write(output: Output, names: Sequence[str], scores: NDArray[np.floating[Any]]) -> None:
    if output.form is Form.PARQUET:
        from pt_gmvp.scoring.parquet import write_parquet

        with file_beside(output.path) as partial:
            write_parquet(partial, names, scores)
        return
    with text_writer(output) as writer:
        for start in range(0, len(names), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            writer.write(variants(names[rows], scores[rows]))
