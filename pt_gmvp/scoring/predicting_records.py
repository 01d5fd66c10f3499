"""`gmvp predict --records`: the scores of records, by the whole network, in their order."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.stand_ins import of_files
from converters.records.tfrecord import is_gzipped
from converters.variants.listing import Listing
from pt_gmvp.data import Batch, VariantDataset, read_batches
from pt_gmvp.data.opening import files_of, open_stored
from pt_gmvp.ensemble import ModelSource
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.runs.batches import naming_variants
from pt_gmvp.runs.devices import Precision, choose_device
from pt_gmvp.runs.progress import show_progress
from pt_gmvp.scoring.models import Ensemble, load_ensemble
from pt_gmvp.scoring.outputs import Output
from pt_gmvp.scoring.predictions import AT_ONCE, NOT_FINITE, Account, write_predictions


@dataclass(frozen=True)
class Request:
    """Records to score, and where to write the scores.

    Attributes:
        models: folders or files of the ensemble's models.
        output: the table to write.
        records: one or more: a file of records, a folder of them, or a tensor store.
        device: its name.
        precision: of matrix products.
        batch_size: variants to score at a time.
        force: replace an existing table.
    """

    models: Sequence[ModelSource]
    output: Output
    records: Sequence[Path]
    device: str = "auto"
    precision: Precision = "float32"
    batch_size: int = 256
    force: bool = False


class _Source(NamedTuple):
    """Batches of records in order, and their total number, None if unknown."""

    batches: Iterator[Batch]
    total: int | None


class _Scored(NamedTuple):
    """Names and scores, (n,), of a source's records."""

    names: list[str]
    scores: NDArray[np.floating[Any]]


def run(request: Request) -> Account:
    """Score as requested; the table appears whole or not at all, and not without a score.

    Raises:
        InputError: the output exists already, or the records or a model cannot be used.
        OSError: something cannot be read or written.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError("gmvp predict --records runs in one process; start it without torchrun")
    output = request.output
    if output.path.exists() and not output.stream and not request.force:
        raise InputError(f"{output.path}: exists; give --force to replace it, or another name")
    ensemble = load_ensemble(request.models, choose_device(request.device), request.precision)
    stand_ins = of_files(file for path in request.records for file in files_of(path))
    sources = [_open(path, request.batch_size) for path in request.records]
    begun = monotonic()
    found = _score(ensemble, sources)
    listed = Listing()
    for path, of_path in zip(request.records, found, strict=True):
        for record in np.flatnonzero(~np.isfinite(of_path.scores)).tolist():
            name = of_path.names[record]
            listed.add(str(path), record + 1, name, NOT_FINITE, NOT_FINITE, True)
    names = [name for of_path in found for name in of_path.names]
    scores = np.concatenate([of_path.scores for of_path in found])
    good = np.flatnonzero(np.isfinite(scores))
    if len(good):
        chunks = (good[start : start + AT_ONCE] for start in range(0, len(good), AT_ONCE))
        named = (([names[n] for n in some.tolist()], scores[some]) for some in chunks)
        write_predictions(output, named, stand_ins)
    seconds = monotonic() - begun
    return Account(
        ensemble, len(good), 0, len(names), seconds, listed, len(names), stand_ins=stand_ins
    )


def _score(ensemble: Ensemble, sources: Sequence[_Source]) -> list[_Scored]:
    """Return names and scores of each source, in order."""
    counts = [source.total for source in sources if source.total is not None]
    total = sum(counts) if len(counts) == len(sources) else None
    with show_progress("scoring", total, "variants") as advance, ensemble.precise():
        return [_score_one(ensemble, source, advance) for source in sources]


def _score_one(ensemble: Ensemble, source: _Source, advance: Callable[[int], None]) -> _Scored:
    names: list[str] = []
    scores: list[NDArray[np.floating[Any]]] = [np.empty(0, np.float32)]
    for batch in source.batches:
        with naming_variants(batch):
            found = ensemble_probability(ensemble.models, batch.to(ensemble.device))
        names += batch.var_id
        scores.append(found.cpu().numpy())
        advance(len(batch.var_id))
    return _Scored(names, np.concatenate(scores))


def _open(path: Path, size: int) -> _Source:
    if not path.is_dir() and _gzipped(path):
        return _Source(iter(read_batches(path, size)), None)
    _, stored = open_stored(path, share_windows=True)
    return _Source(_in_order(stored, size), len(stored))


def _gzipped(path: Path) -> bool:
    with open(path, "rb", buffering=0) as file:
        return is_gzipped(file)


def _in_order(found: VariantDataset, size: int) -> Iterator[Batch]:
    every: Iterable[int] = range(0, len(found), size)
    for start in every:
        yield found.__getitems__(range(start, min(start + size, len(found))))
