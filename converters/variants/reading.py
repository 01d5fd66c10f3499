"""The reader of variant tables that every command uses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.identifiers import without_version
from converters.variants import labels
from converters.variants.changes import quoted
from converters.variants.columns import Cache, mapped
from converters.variants.conflicts import Choice, settle
from converters.variants.gathering import Gathered
from converters.variants.id_tables import read_genes, read_map
from converters.variants.ids import Ids, Unknown, Versions
from converters.variants.kinds.layout import Column, Fault, Parsed
from converters.variants.lines import Lines
from converters.variants.listing import Listing
from converters.variants.opening import Table, open_table
from converters.variants.rows import UNLABELLED, Rows
from converters.variants.transcripts import Transcripts

AGAIN = "the header again"
OTHER = "another transcript"


@dataclass(frozen=True)
class Options:
    """How to read variant tables.

    Attributes:
        map: a file of two columns that gives the transcripts of other ids (UniProt, RefSeq, genes).
        genes: a table of transcripts and gene names, as the original has it, or a finalized one.
        transcript: the transcript of tables that name no protein.
        label: the column of labels; by default `target`, if there is one.
        conflicts: what becomes of a variant with two labels: an "error", the rows with the "first"
            label are kept, or "drop" all of its rows.
        labels: read labels, and list variants without one; else labels are ignored.
        features: the folder of matrices; an id that has one there needs no `map`.
        only: the one transcript whose variants are asked about, with or without version; all others
            are left out before their labels are read.
    """

    map: Path | None = None
    genes: Path | None = None
    transcript: str | None = None
    label: str | None = None
    conflicts: Choice = "error"
    labels: bool = False
    features: Path | None = None
    only: str | None = None


@dataclass(frozen=True)
class Read:
    """Content of variant tables; `len(rows) + len(listed)` is the number of variants asked about.

    Attributes:
        rows: the variants to score, in the order of the tables.
        listed: the others, each with its line and reason.
        kinds: each table and what it was taken for, such as "VEP".
        lines: rows of the tables; one row may hold several variants.
        notes: lines for the user, such as that an id stands for several transcripts.
    """

    rows: Rows
    listed: Listing
    kinds: list[tuple[Path, str]]
    lines: int
    notes: list[str] = field(default_factory=list)

    @property
    def variants(self) -> int:
        """Return the number of variants asked about: scored, failed, and left out."""
        return len(self.rows) + len(self.listed)


def read_tables(tables: Sequence[str | Path], options: Options = Options()) -> Read:
    """Read variant tables of any known kind, recognised by their content; see docs.

    Raises:
        InputError: a table is of no known kind or damaged, none of its ids is known, or a variant
            has two labels; the message names the file and line.
        OSError: a file cannot be read.
    """
    ids, notes = _ids(options)
    transcripts = Transcripts(ids, options.transcript)
    gathered, listed = Gathered(), Listing()
    kinds: list[tuple[Path, str]] = []
    lines = 0
    for number, path in enumerate(map(Path, tables)):
        table = open_table(path)
        kinds.append((path, table.layout.kind))
        lines += _read_table(table, number, options, transcripts, gathered, listed)
    rows = gathered.rows(transcripts.names)
    if options.transcript and not transcripts.given_used and len(rows):
        raise InputError(
            f"--transcript {options.transcript}: the tables name their proteins themselves; leave"
            " it out"
        )
    if options.labels:
        paths = [path for path, _ in kinds]
        keep = settle(rows, paths, options.conflicts, listed)
        rows = rows if keep is None else rows.take(keep)
    return Read(rows, listed, kinds, lines, notes + transcripts.notes())


def transcript_of(name: str, options: Options) -> str:
    """Return the transcript that one name stands for, by the same rules as the ids of tables.

    Raises:
        InputError: there is none, or there are several.
    """
    ids, _ = _ids(options)
    found = ids.find(name, own=True)
    if isinstance(found, Unknown):
        raise InputError(found.detail)
    if len(found) > 1:
        raise InputError(f"{name} stands for several transcripts; name one of {', '.join(found)}")
    return found[0]


def _ids(options: Options) -> tuple[Ids, list[str]]:
    mapped, notes = Versions(), []
    if options.map:
        mapped, empty = read_map(options.map)
        if empty:
            notes.append(f"{options.map}: {empty:,} rows have no id or no transcript")
    genes = read_genes(options.genes) if options.genes else None
    return Ids(mapped, genes, options.map is not None, options.features), notes


def _read_table(
    table: Table,
    number: int,
    options: Options,
    transcripts: Transcripts,
    gathered: Gathered,
    listed: Listing,
) -> int:
    """Add a table's variants; return the number of its rows."""
    label = _label_column(table, options)
    further = [] if label is None else [label]
    of_table = transcripts.of_table(table.path, table.layout.kind)
    lines = 0
    for block, columns in table.rows(*further):
        lines += len(block)
        words = columns[len(table.layout.needed) :]
        parsed = table.layout.parse(columns[: len(table.layout.needed)])
        faults = [_repeated(table, block, fault) for fault in parsed.faults]
        index, chosen, unknown = of_table.find(parsed)
        if options.only is not None:
            asked = _is_only(transcripts.names, options.only)[index]
            others = parsed.row[chosen[~asked]]
            reason = (OTHER, f"only {options.only} is asked about")
            listed.add_lines(str(table.path), block, others, [reason], np.zeros_like(others))
            index, chosen = index[asked], chosen[asked]
            unknown = [fault._replace(failed=False) for fault in unknown]
        faults += unknown
        found = _labelled(table, parsed, words, label, chosen, transcripts.names, index)
        faults += found.faults
        keep = found.keep
        chosen, index = chosen[keep], index[keep]
        gathered.add(parsed, chosen, index, found.labels[keep], number, block.numbers)
        if parsed.left_out:
            listed.add_lines(str(table.path), block, *parsed.left_out)
        for fault in sorted(faults, key=lambda fault: fault.row):
            listed.add(str(table.path), int(block.numbers[fault.row]), *fault[1:])
    of_table.finish()
    return lines


def _is_only(names: list[str], only: str) -> NDArray[np.bool_]:
    """Return which transcripts are the one that is asked about: (n,)."""
    bare = without_version(only)
    return np.array([without_version(name) == bare for name in names], bool)


def _label_column(table: Table, options: Options) -> int | None:
    if not options.labels:
        return None
    wanted = options.label or labels.DEFAULT
    if wanted in table.header:
        return table.header.index(wanted)
    by_case = [name for name in table.header if name.lower() == wanted.lower()]
    if len(by_case) == 1:
        return table.header.index(by_case[0])
    if options.label is None:
        return None
    has = f"it has {', '.join(map(quoted, table.header[:30]))}" if table.header else "no header"
    raise InputError(f"{table.path}: no column {options.label} of labels (--label); {has}")


@dataclass
class _Labelled:
    """Labels of some variants, which of them to keep, and the faults of the others."""

    labels: NDArray[np.int8]
    keep: NDArray[np.bool_]
    faults: list[Fault]


_of_word = Cache(labels.label_of)


def _labelled(
    table: Table,
    parsed: Parsed,
    words: list[Column],
    column: int | None,
    chosen: NDArray[np.int64],
    names: list[str],
    index: NDArray[np.int32],
) -> _Labelled:
    number = len(chosen)
    if column is None:
        return _Labelled(np.full(number, UNLABELLED, np.int8), np.ones(number, bool), [])
    (cells,) = words
    of_row = mapped(_of_word, cells, np.int8)
    found = of_row[parsed.row[chosen]]
    faults = []
    for at in np.flatnonzero(found == UNLABELLED).tolist():
        variant = int(chosen[at])
        row = int(parsed.row[variant])
        reason = labels.why_unlabelled(cells[row], table.header[column])
        text = (
            f"{names[index[at]]}_{parsed.position[variant]}_{chr(parsed.ref[variant])}"
            f"_{chr(parsed.alt[variant])}"
        )
        faults.append(Fault(row, text, *reason, failed=True))
    return _Labelled(found, found != UNLABELLED, faults)


def _repeated(table: Table, block: Lines, fault: Fault) -> Fault:
    """Return a fault, or what it is of a row that repeats the header.

    Raises:
        InputError: the row has the header's names in another order.
    """
    if not table.header or table.header[0] not in block.text(fault.row):
        return fault
    line = block.text(fault.row)
    if line == table.header_line:
        return fault._replace(kind=AGAIN, detail="the row is the header", failed=False)
    if sorted(line.split(table.delimiter)) == sorted(table.header):
        raise InputError(
            f"{table.path}, line {block.numbers[fault.row]}: another header; expected rows of the"
            " first one's columns"
        )
    return fault
