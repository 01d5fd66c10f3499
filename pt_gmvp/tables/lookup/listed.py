"""Queries from a file or standard input: one per line as people write them, or a variant table."""

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from converters.variants.ids import TRANSCRIPT, is_foreign, kind_of, refuse_names
from converters.variants.lines import contents, read_blocks
from converters.variants.listing import Listing
from converters.variants.reading import Options, Read, read_tables
from pt_gmvp.tables.finalize.names import bare_chromosome
from pt_gmvp.tables.lookup.query import Change, Place, parse
from pt_gmvp.tables.lookup.table import Table

STDIN = "-"
_LOOKED_AT = 50
"""Lines by which queries are distinguished from a table."""
_CHROMOSOME = re.compile(r"chr\w+|[0-9]{1,2}|[XYM]|MT", re.IGNORECASE)
_KNOWN = frozenset(AMINO_ACIDS)


@dataclass(frozen=True)
class Queries:
    """Queries of a list in order, what of the list is none, and, of a table, what was read.

    Attributes:
        queries: those that can be looked up.
        lines: the line of each.
        listed: lines that are not a query, with their reasons.
        read: of a variant table, else None.
    """

    queries: list[Change | Place]
    lines: list[int]
    listed: Listing
    read: Read | None = None


def read_queries(given: str, options: Options, opened: Table) -> Queries:
    """Read a list.

    Args:
        given: a file, or "-" for standard input.
        options: how to read a variant table.
        opened: the table to look in: only what begins with one of its chromosomes is a nucleotide
            change.

    Raises:
        InputError: it is neither a list of queries nor a known table, is empty, or names all of its
            proteins by ids that only a map can turn into transcripts.
        OSError: it cannot be read.
    """
    with _on_disk(given) as path:
        # Ids of other kinds, and changes without a protein, are only known to the reader of tables.
        as_table = any((options.map, options.genes, options.transcript))
        queries = None
        if not as_table:
            chromosomes = {bare_chromosome(name) for name in opened.chromosomes}
            queries = _lines_of_queries(path, given, chromosomes)
        if queries is not None:
            _refuse_unknown(given, queries.queries, opened)
            return queries
        read = read_tables([path], replace(options, genes=options.genes or opened.path))
        rows, listed = read.rows, Listing()
        for one in read.listed:
            listed.add(given, *one[1:])
        made: list[Change | Place] = []
        for number in range(len(rows)):
            variant = rows.variant(number)
            ref = variant.ref if variant.ref in _KNOWN else "*"
            made.append(
                Change(variant.var_id, variant.transcript, variant.position, ref, variant.alt)
            )
        return Queries(made, rows.line.tolist(), listed, read)


def _refuse_unknown(given: str, queries: Sequence[Change | Place], opened: Table) -> None:
    """Raise InputError if all queries name proteins, by ids of a kind that the table does not have.

    A gene that is not in a table of genes has a better answer: a similar name.
    """
    names = list(dict.fromkeys(one.name for one in queries if isinstance(one, Change)))
    if not names or any(isinstance(one, Place) for one in queries):
        return
    if any(opened.genes.find(name) for name in names):
        return
    nameless = not any(span.gene_symbol for span in opened.spans)
    genes = [name for name in names if nameless and kind_of(name) != TRANSCRIPT]
    if genes or any(map(is_foreign, names)):
        raise refuse_names(given, names, opened.path)


def _lines_of_queries(path: Path, given: str, chromosomes: set[str]) -> Queries | None:
    """Parse a list of queries; None if none of its first lines is one."""
    first = list(islice(_lines(path), _LOOKED_AT))
    if not first:
        raise InputError(f"{given}: contains no query; expected one per line, or a variant table")
    if not any(_one(text, chromosomes) for _, text in first):
        return None
    found, numbers, listed = list[Change | Place](), list[int](), Listing()
    for number, text in _lines(path):
        try:
            query = _one(text, chromosomes, strict=True)
        except InputError as error:
            listed.add(given, number, text[:200], "not a query", str(error), True)
            continue
        assert query is not None
        found.append(query)
        numbers.append(number)
    return Queries(found, numbers, listed)


def _one(text: str, chromosomes: set[str], strict: bool = False) -> Change | Place | None:
    """Parse a line that is one query, as a whole; otherwise None, or InputError if `strict`."""
    try:
        queries = parse([text])
        query = queries[0] if len(queries) == 1 else None
        # Rows of a table may look alike: ENST00000371953 130 A C.
        if isinstance(query, Place) and not _is_chromosome(query.chrom, chromosomes):
            query = None
        if query is None and strict:
            raise InputError(f"query {text[:60]!r}: there is no such chromosome in the table")
        return query
    except InputError:
        if strict:
            raise
        return None


def _is_chromosome(name: str, known: set[str]) -> bool:
    return bare_chromosome(name) in known or bool(_CHROMOSOME.fullmatch(name))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the numbers and texts of lines that are neither empty nor comments."""
    for block in read_blocks(path):
        kept = contents(block)
        for number, text in zip(kept.numbers.tolist(), kept.texts, strict=True):
            yield number, text.strip()


@contextmanager
def _on_disk(given: str) -> Iterator[Path]:
    """Yield the file, or one with what comes from standard input, which is read only once."""
    path = Path(given)
    if given != STDIN and path.is_file():
        yield path
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "standard-input"
        with open(copy, "wb") as file:
            if given == STDIN:
                shutil.copyfileobj(sys.stdin.buffer, file)
            else:
                with open(path, "rb") as pipe:
                    shutil.copyfileobj(pipe, file)
        yield copy
