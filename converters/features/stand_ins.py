"""Record of what stood in for a missing input, beside a matrix, records or a table of scores.

The file is JSON: {"stand_ins": {transcript: {input: what stood in for it}}}. It exists only where
something stood in, so that all other folders and tables look as the original's.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from converters.atomic import write_json
from converters.errors import InputError
from converters.features.files import SUFFIXES as MATRICES
from converters.identifiers import without_version
from converters.text import read_text

SUFFIX = ".sources.json"
_KEY = "stand_ins"
_NAMED = 3

StandIns = Mapping[str, str]
"""Stand-ins of a transcript by input: "profile", "structure" or "counts"."""


def record_of(path: Path) -> Path:
    """Return the record of a matrix (`<id>.sources.json`) or other file (`<name>.sources.json`)."""
    path = path if path.name not in ("", "..") else path.resolve()
    stem = path.name
    for suffix in MATRICES.values():
        stem = stem.removesuffix(suffix)
    return path.with_name(stem + SUFFIX)


def read_stand_ins(path: Path) -> dict[str, StandIns]:
    """Read the record of a matrix or table at `path` by transcript; empty if there is none.

    Raises:
        InputError: the record is damaged.
        OSError: it cannot be read.
    """
    record = record_of(path)
    try:
        text = read_text(record)
    except FileNotFoundError:
        return {}
    try:
        content = json.loads(text)[_KEY]
        found: dict[str, StandIns] = {
            str(name): {str(kind): str(by) for kind, by in inputs.items()}
            for name, inputs in content.items()
        }
        return found
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InputError(
            f"{record}: not a record of stand-ins; make {path.name} again, or remove the record if"
            " all of its inputs were there"
        ) from None


def write_stand_ins(path: Path, found: Mapping[str, StandIns]) -> None:
    """Write the record of a matrix or table at `path`, or remove it if nothing stood in.

    Raises:
        OSError: it cannot be written.
    """
    record = record_of(path)
    named = {name: dict(inputs) for name, inputs in found.items() if inputs}
    if named:
        write_json(record, {_KEY: named})
        return
    with suppress(FileNotFoundError):
        record.unlink()


def of_matrices(paths: Mapping[str, Path]) -> dict[str, StandIns]:
    """Return what stood in for the inputs of transcripts' matrices, given by id; raises as above.

    Those for which nothing did are left out.
    """
    found: dict[str, StandIns] = {}
    for transcript, path in paths.items():
        inputs: dict[str, str] = {}
        for each in read_stand_ins(path).values():
            inputs |= each
        if inputs:
            found[transcript] = inputs
    return found


def of_files(paths: Iterable[Path]) -> dict[str, StandIns]:
    """Return what stood in, by transcript, by the records of several files; raises as above."""
    found: dict[str, StandIns] = {}
    for path in paths:
        for name, inputs in read_stand_ins(path).items():
            found[name] = {**found.get(name, {}), **inputs}
    return found


@contextmanager
def recording(path: Path, found: Mapping[str, StandIns]) -> Iterator[None]:
    """Keep the record of a file true while the file is written in this context.

    What stood in is recorded before, and an older record removed after, so that the file never
    lacks its record. Raises as `write_stand_ins`.
    """
    if found:
        write_stand_ins(path, found)
    yield
    if not found:
        write_stand_ins(path, {})


def of_transcript(path: Path, transcript: str) -> StandIns:
    """Return what stood in for a transcript's inputs, by the record of a matrix or table at `path`.

    The id fits with or without its version; a matrix is that of the transcript whatever its record
    calls it. Raises as `read_stand_ins`.
    """
    if path.suffix in MATRICES.values():
        return of_matrices({transcript: path}).get(transcript, {})
    found = read_stand_ins(path)
    plain = {without_version(name): inputs for name, inputs in found.items()}
    return found.get(transcript) or plain.get(without_version(transcript)) or {}


def notes(found: Mapping[str, StandIns], total: int | None = None) -> list[str]:
    """Return a line for each input: of how many transcripts it is a stand-in, and what is.

    Args:
        found: stand-ins by transcript.
        total: number of transcripts, if known.
    """
    kinds = sorted({kind for inputs in found.values() for kind in inputs})
    return [_note(kind, found, total) for kind in kinds]


def _note(kind: str, found: Mapping[str, StandIns], total: int | None) -> str:
    having = {name: inputs[kind] for name, inputs in found.items() if kind in inputs}
    if len(having) == 1:
        name, by = next(iter(having.items()))
        return f"{name}: {sentence(kind, by)}"
    of = f" of {total:,}" if total else ""
    common, count = Counter(having.values()).most_common(1)[0]
    what = common if count == len(having) else "models or neutral values"
    return f"{len(having):,}{of} transcripts ({_some(having)}): {sentence(kind, what)}"


def sentence(kind: str, by: str) -> str:
    """Return what stood in for an input, as a phrase."""
    return f"{by} in place of {_INPUTS.get(kind, kind)}"


_INPUTS = {
    "profile": "HHblits' profile",
    "structure": "NetSurfP",
    "counts": "population counts",
}


def _some(names: Iterable[str]) -> str:
    every = list(names)
    return f"{', '.join(every[:_NAMED])}{', ...' * (len(every) > _NAMED)}"
