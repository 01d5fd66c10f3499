"""Scores appended to a table of protein changes, as the original's second script does."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from converters.atomic import file_beside, scratch_folder
from converters.errors import InputError
from converters.features.stand_ins import StandIns, read_stand_ins, recording
from converters.identifiers import without_version
from converters.text import open_expanded
from pt_gmvp.tables.database import connect
from pt_gmvp.tables.finalize.columns import FINAL
from pt_gmvp.tables.source import Source, open_source, refuse_blank

VARIANT = "protein_var"
"""Column of changes, `<transcript>_<position>_<reference>_<alternative>`."""

ADDED = ("gMVP", "gMVP_normalized", "gMVP_rankscore")
ABSENT = "NaN"

VERSION = r"\.[0-9]+"
_VERSION = re.compile(rf"{VERSION}(?=_[0-9]+_[^_]*_[^_]*$)")

Scores = Mapping[str, tuple[str, ...]]
"""A change -> the text of its values of ADDED."""


@dataclass(frozen=True)
class Annotated:
    """Result: number of rows, and those without a score.

    `empty` has the lines of rows without a change, which ask for no score, and `absent` the others
    as (line, change). `stand_ins` has what stood in for inputs of the transcripts with a score.
    """

    rows: int
    empty: list[int]
    absent: list[tuple[int, str]]
    stand_ins: Mapping[str, StandIns] = field(default_factory=dict)

    @property
    def scored(self) -> int:
        """Return the number of rows with a score."""
        return self.rows - len(self.empty) - len(self.absent)


def annotate(table: Path, finalized: Path, output: Path) -> Annotated:
    """Write a table again with the columns of ADDED, NaN where there is no score.

    All else of a line stays as it is. A change that several nucleotide changes make has several
    ranks in a finalized table; the lowest counts.

    Raises:
        InputError: the table has no column protein_var, a column of ADDED already, or rows of
            other lengths than its header; or `finalized` is not a finalized table.
        OSError: a file cannot be read or written.
    """
    source = open_source(table, (VARIANT,), "table of protein changes")
    if source.kind == "parquet":
        raise InputError(f"{table}: is Parquet; expected a tab-separated text")
    for name in ADDED:
        if name in source.columns:
            raise InputError(f"{table}: has a column {name} already; remove it first")
    scored = open_source(finalized, FINAL, "finalized table")
    refuse_blank(source)
    with scratch_folder(output.resolve().parent, "gmvp-annotate") as scratch:
        scores = _read_scores(source, scored, scratch / "asked.tsv")
    stand_ins = _stand_ins(finalized, scores)
    with (
        recording(output, stand_ins),
        file_beside(output) as partial,
        partial.open("w", encoding="utf-8", newline="") as out,
    ):
        return replace(_write(source, scores, out), stand_ins=stand_ins)


def _stand_ins(finalized: Path, scores: Scores) -> dict[str, StandIns]:
    """Return what stood in for inputs of the transcripts with a score, as the table records it."""
    recorded = read_stand_ins(finalized)
    shown = {without_version(change.rsplit("_", 3)[0]) for change in scores} if recorded else set()
    return {name: by for name, by in recorded.items() if without_version(name) in shown}


def _read_scores(source: Source, finalized: Source, scratch: Path) -> Scores:
    """Read the scores of the changes that a table has; ids fit with and without version."""
    asked = {change for _, _, change, _ in _rows(source) if change}
    scratch.write_text("\n".join((VARIANT, *asked)) + "\n", encoding="utf-8")
    wanted = Source(scratch, "tsv", (VARIANT,)).relation
    name = "concat_ws('_', transcript_id, protein_position, ref_aa, alt_aa)"
    # An ordinal rank: the lowest is the one of the row that comes first.
    values = ", ".join(f"CAST(first({name} ORDER BY rank) AS VARCHAR)" for name in ADDED)
    with connect(finalized.path) as connection:
        rows = connection.execute(f"""
            SELECT var, {_bare("var")}, {values}
            FROM (SELECT *, {name} AS var, CAST(gMVP_rankscore AS DOUBLE) AS rank
                  FROM {finalized.relation})
            WHERE {_bare("var")} IN (SELECT {_bare(VARIANT)} FROM {wanted})
            GROUP BY var""").fetchall()
    exact = {var: tuple(values) for var, _, *values in rows}
    alike: dict[str, list[str]] = {}
    for var, bare, *_ in rows:
        alike.setdefault(bare, []).append(var)
    found = {}
    for change in asked:
        others = alike.get(_VERSION.sub("", change), [])
        if change in exact:
            found[change] = exact[change]
        elif len(others) > 1:
            names = " and ".join(sorted(others)[:2])
            raise InputError(
                f"{source.path}: {change} may be {names}; give the transcript's version"
            )
        elif others:
            found[change] = exact[others[0]]
    return found


def _bare(column: str) -> str:
    """Return SQL for a change without its transcript's version."""
    return f"regexp_replace({column}, '{VERSION}(_[0-9]+_[^_]*_[^_]*)$', '\\1')"


def _upper(change: str) -> str:
    """Return a change with its residues in capitals."""
    transcript, *residues = change.rsplit("_", 2)
    return "_".join((transcript, *(residue.upper() for residue in residues)))


def _rows(source: Source) -> Iterator[tuple[int, str, str, str]]:
    """Yield each row's line number, line, change and line end; raise InputError for its length."""
    place, width = source.columns.index(VARIANT), len(source.columns)
    with _lines(source) as lines:
        next(lines)
        for number, line, end in lines:
            if not line:
                continue
            fields = line.split("\t")
            if len(fields) != width:
                raise InputError(
                    f"{source.path}, line {number}: {len(fields)} fields, the header has {width}"
                )
            yield number, line, _upper(fields[place]), end


@contextmanager
def _lines(source: Source) -> Iterator[Iterator[tuple[int, str, str]]]:
    """Yield an iterator of (number, line, line end), from 1."""
    # Only line ends end a line, and each stays as it is.
    with io.TextIOWrapper(open_expanded(source.path), "utf-8-sig", newline="\n") as text:

        def split() -> Iterator[tuple[int, str, str]]:
            for number, line in enumerate(text, 1):
                bare = line.rstrip("\r\n")
                yield number, bare, line[len(bare) :] or "\n"

        yield split()


def _write(source: Source, scores: Scores, out: TextIO) -> Annotated:
    rows = 0
    empty: list[int] = []
    absent: list[tuple[int, str]] = []
    nothing = (ABSENT,) * len(ADDED)
    with _lines(source) as lines:
        _, header, end = next(lines)
    out.write("\t".join((header, *ADDED)) + end)
    for number, line, change, end in _rows(source):
        rows += 1
        values = scores.get(change, nothing)
        if not change:
            empty.append(number)
        elif values is nothing:
            absent.append((number, change))
        out.write("\t".join((line, *values)) + end)
    if not rows:
        raise InputError(f"{source.path}: contains a header but no rows")
    return Annotated(rows, empty, absent)
