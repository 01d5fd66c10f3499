"""Tables of scores as parquet, columns `var` (text) and `gMVP` (double), by DuckDB."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.residues import AMINO_ACIDS, letter
from pt_gmvp.runs.progress import Advance
from pt_gmvp.scoring.merging import Slice, residues
from pt_gmvp.tables.database import connect, quote_text

_AS_PARQUET = "(FORMAT parquet, COMPRESSION zstd)"
_MEMORY = 512 * 10**6


def merge_parquet(chunks: Iterable[Sequence[Slice]], path: Path, advance: Advance) -> None:
    """Write chunks of transcripts to one file.

    Args:
        chunks: the slices of each.
        path: a file of `file_beside`; what a killed process leaves is removed with it.
        advance: called with the residues of each finished chunk.
    """

    def columns() -> Iterator[dict[str, NDArray[Any]]]:
        for chunk in chunks:
            yield _columns(chunk)
            advance(residues(chunk))

    _write_each(path, "SELECT stem || alt AS var, gMVP FROM given", columns())


def write_parquet(
    chunks: Iterable[tuple[Sequence[str], NDArray[np.floating[Any]]]], path: Path
) -> None:
    """Write variants by name, and their scores, (n,), to one file, as `merge_parquet` does.

    Raises:
        InputError: the file cannot be written.
    """
    columns = (
        {"var": np.array(names, object), "gMVP": scores.astype(np.float64)}
        for names, scores in chunks
    )
    _write_each(path, "SELECT var, gMVP FROM given", columns)


def _write_each(path: Path, query: str, chunks: Iterable[Mapping[str, NDArray[Any]]]) -> None:
    """Write chunks of columns.

    Each is written to a file of its own first, as DuckDB takes no stream: the disk holds the table
    twice for a while, the memory one chunk.
    """
    folder = path.with_name(f".chunks{path.name}")
    folder.mkdir()
    try:
        files: list[str] = []
        for columns in chunks:
            files.append(f"{folder}/{len(files):06}")
            _write(Path(files[-1]), query, columns)
        _write(path, "FROM read_parquet($files)", {}, {"files": files})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _columns(chunk: Sequence[Slice]) -> dict[str, NDArray[Any]]:
    """Return, for each line, the stem of its id, its substitute and its score."""
    stems: list[str] = []
    scores: list[NDArray[np.floating[Any]]] = []
    for part, first, last in chunk:
        codes, found = part.read(first, last)
        stems += [
            f"{part.name}_{position}_{letter(code)}_"
            for position, code in enumerate(codes.tolist(), first + 1)
        ]
        scores.append(found.ravel())
    return {
        "stem": np.array(stems, object).repeat(len(AMINO_ACIDS)),
        "alt": np.array(list(AMINO_ACIDS) * len(stems), object),
        "gMVP": np.concatenate(scores).astype(np.float64),
    }


def _write(
    path: Path,
    query: str,
    given: Mapping[str, NDArray[Any]],
    parameters: Mapping[str, Any] | None = None,
) -> None:
    # With one thread, the same rows give the same bytes.
    with connect(path.parent, _describe, threads=1, memory=_MEMORY) as database:
        if given:
            database.register("given", dict(given))
        database.execute(f"COPY ({query}) TO {quote_text(path)} {_AS_PARQUET}", parameters)


def _describe(error: Exception) -> str:
    return (
        f"cannot write the parquet file ({str(error).splitlines()[0]:.200}); free some space or"
        " name another --output, and run the same command again to continue"
    )
