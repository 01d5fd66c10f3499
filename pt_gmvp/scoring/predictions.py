"""Result of `gmvp predict`, and the table that it writes."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.atomic import file_beside
from converters.features.stand_ins import StandIns, recording
from converters.variants.listing import Listing
from pt_gmvp.scoring.formatting import variants
from pt_gmvp.scoring.models import Ensemble
from pt_gmvp.scoring.outputs import Form, Output, text_writer

AT_ONCE = 100_000
"""Variants formatted at a time."""
NOT_FINITE = "its score is not a finite number"


class Account(NamedTuple):
    """Result of a run.

    variants: number in the table. kept: of these, scored by an earlier run.
    scored: number scored by this one, in `seconds`.
    listed: those without a score: left out, or failed.
    rows: number of rows of the tables, or of records, that were read.
    kinds: the tables, and what each was taken for.
    stand_ins: what stood in for inputs of transcripts with a score.
    """

    ensemble: Ensemble
    variants: int
    kept: int
    scored: int
    seconds: float
    listed: Listing
    rows: int
    kinds: Sequence[tuple[Path, str]] = ()
    stand_ins: Mapping[str, StandIns] = MappingProxyType({})


def write_predictions(
    output: Output,
    chunks: Iterable[tuple[Sequence[str], NDArray[np.floating[Any]]]],
    stand_ins: Mapping[str, StandIns] = MappingProxyType({}),
) -> None:
    """Write variants by name, and their scores, (n,); the file appears whole or not at all.

    What stood in for inputs is recorded beside a file.

    Raises:
        InputError: a parquet file cannot be written.
        OSError: the table cannot be written.
    """
    with nullcontext() if output.stream else recording(output.path, stand_ins):
        _write(output, chunks)


def _write(
    output: Output, chunks: Iterable[tuple[Sequence[str], NDArray[np.floating[Any]]]]
) -> None:
    if output.form is Form.PARQUET:
        from pt_gmvp.scoring.parquet import write_parquet

        with file_beside(output.path) as partial:
            write_parquet(chunks, partial)
        return
    with text_writer(output) as writer:
        for names, scores in chunks:
            writer.write(variants(names, scores))
