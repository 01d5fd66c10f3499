"""What `gmvp predict` does: the scores of given variants, in the order in which they are given."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.records.tfrecord import is_gzipped
from pt_gmvp.data import (
    Batch,
    RecordDataset,
    StoreDataset,
    TableDataset,
    VariantDataset,
    read_batches,
)
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.runs.devices import chosen_device
from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.scoring.formatting import variants
from pt_gmvp.scoring.models import Ensemble, load_ensemble
from pt_gmvp.scoring.outputs import Form, Output, text_writer
from pt_gmvp.scoring.progress import following
from pt_gmvp.training.faults import naming
from pt_gmvp.training.settings import Precision

_AT_ONCE = 100_000
"""Variants formatted at a time."""


@dataclass(frozen=True)
class Request:
    """What is to be scored, and where to.

    Attributes:
        records: a file of records or a tensor store; or
        variants: a table, with
        features: the folder of its matrices.
        models: folders of the ensemble's models.
        output: the table to write.
        device: by its name.
        precision: of products of matrices.
        batch_size: variants that are scored at a time.
        force: replace a table that is there.
    """

    models: Sequence[Path]
    output: Output
    records: Path | None = None
    variants: Path | None = None
    features: Path | None = None
    device: str = "auto"
    precision: Precision = "float32"
    batch_size: int = 256
    force: bool = False


class Account(NamedTuple):
    """What came of it: variants in the table, seconds, and which others are not in it, and why."""

    ensemble: Ensemble
    variants: int
    seconds: float
    failures: list[tuple[str, str]]


class _Source(NamedTuple):
    """Batches with their variants' places in the output, how many variants there are in all (None
    where that is not known), and those that cannot be scored, with reasons."""

    batches: Iterator[tuple[Sequence[int], Batch]]
    total: int | None
    failures: list[tuple[str, str]]


def run(request: Request) -> Account:
    """Score as asked; the table appears whole or not at all.

    Raises:
        ScoreError: there is no variant, or the output is there already.
        InputError: the variants, a matrix or a model cannot be used.
        OSError: something cannot be read or written.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ScoreError("gmvp predict is one process; start it without torchrun")
    output = request.output
    if output.path.exists() and not output.stream and not request.force:
        raise ScoreError(f"{output.path}: exists; give --force to replace it, or another name")
    ensemble = load_ensemble(request.models, chosen_device(request.device), request.precision)
    source = _open(request)
    begun = monotonic()
    names, scores = _score(ensemble, source)
    good = np.isfinite(scores)
    odd = [name for name, fine in zip(names, good.tolist(), strict=True) if not fine]
    failures = source.failures + [(name, "its score is not a finite number") for name in odd]
    names = [name for name, fine in zip(names, good.tolist(), strict=True) if fine]
    if not names:
        reason = ": {}: {}".format(*failures[0]) if failures else ""
        raise ScoreError(f"{request.records or request.variants}: no variant to score{reason}")
    _write(output, names, scores[good])
    return Account(ensemble, len(names), monotonic() - begun, failures)


def _score(ensemble: Ensemble, source: _Source) -> tuple[list[str], NDArray[np.floating[Any]]]:
    """Names and scores in the order of their places."""
    places: list[int] = []
    names: list[str] = []
    scores: list[NDArray[np.floating[Any]]] = [np.empty(0, np.float32)]
    with following("scoring", source.total, "variants") as advance, ensemble.precise():
        for of_batch, batch in source.batches:
            with naming(batch):
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
    if (path / "index.json").is_file():
        store = StoreDataset(path, share_windows=True)
        return _numbered(store, range(len(store)), request.batch_size, [])
    if path.is_dir():
        files = sorted(path.glob("*tfrec"))
        if not files:
            raise ScoreError(f"{path}: no tensor store, and no file *tfrec in it")
        records = RecordDataset(files)
        return _numbered(records, range(len(records)), request.batch_size, [])
    with open(path, "rb", buffering=0) as file:
        gzipped = is_gzipped(file)
    if gzipped:
        return _Source(_counted(read_batches(path, request.batch_size)), None, [])
    records = RecordDataset(path)
    return _numbered(records, range(len(records)), request.batch_size, [])


def _open_table(path: Path, features: Path | None, size: int) -> _Source:
    """A table's variants, those of a transcript together: its matrix is read but once."""
    if features is None:
        raise ScoreError(f"--variants {path}: needs --features, the folder of its matrices")
    table = TableDataset(path, features, share_windows=True, on_problem="skip")
    transcripts = [variant.transcript for variant in table.variants]
    order = sorted(range(len(table)), key=transcripts.__getitem__)
    failures = [(problem.variant.var_id, problem.detail) for problem in table.problems]
    return _numbered(table, order, size, failures)


def _numbered(
    found: VariantDataset, order: Sequence[int], size: int, failures: list[tuple[str, str]]
) -> _Source:
    """Take a data set's variants in some order."""
    chosen = (order[start : start + size] for start in range(0, len(order), size))
    batches = ((numbers, found.__getitems__(numbers)) for numbers in chosen)
    return _Source(batches, len(order), failures)


def _counted(batches: Iterable[Batch]) -> Iterator[tuple[Sequence[int], Batch]]:
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
