"""Answers to queries: the rows asked for, or what the table has instead."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from converters.identifiers import near
from converters.variants.changes import shown
from converters.variants.ids import is_foreign, kind_of
from pt_gmvp.tables.finalize.names import bare_chromosome
from pt_gmvp.tables.lookup.gene_index import Span
from pt_gmvp.tables.lookup.query import Change, Place
from pt_gmvp.tables.lookup.table import Row, Table
from pt_gmvp.tables.lookup.wanted import Wanted

_AROUND = 1000  # nucleotides on either side in which the nearest row is searched
_SUGGESTED = 20  # unknown genes for which similar names are searched


@dataclass(frozen=True)
class Answer:
    """The rows found, or one line about what the table has instead."""

    query: Change | Place
    rows: list[Row]
    instead: str = ""


def answer_all(table: Table, queries: Sequence[Change | Place]) -> list[Answer]:
    """Look queries up in one pass over the rows that they may be about, in their order.

    Raises as `answer`.
    """
    wanted = Wanted()
    for query in queries:
        if isinstance(query, Change):
            for span in table.genes.find(query.name):
                wanted.add_change(span, query.position)
        elif chrom := _chromosome(table.chromosomes, query.chrom):
            wanted.add_place(chrom, query.position)
    table.gather(wanted)
    return [answer(table, query) for query in queries]


def answer(table: Table, query: Change | Place) -> Answer:
    """Look a query up in a table.

    Raises:
        InputError: the table is damaged.
        OSError: it cannot be read.
    """
    if isinstance(query, Change):
        return _protein_change(table, query)
    return _nucleotide_change(table, query)


def _protein_change(table: Table, query: Change) -> Answer:
    spans = table.genes.find(query.name)
    if not spans:
        return Answer(query, [], _no_gene(table, query.name))
    there = [
        row
        for span in spans
        for row in table.rows(span.chrom, span.start, span.end, span.transcript_id, query.position)
    ]
    found = list(_matching(there, query.ref, query.alt, "ref_aa", "alt_aa"))
    return Answer(query, found, "" if found else _other_residues(query, spans, there))


def _no_gene(table: Table, name: str) -> str:
    """Say that there is no such gene; suggest others for the first few, as that takes long."""
    if is_foreign(name):
        return (
            f"no gene or transcript {name} in {table.path}; it looks like {kind_of(name)}: --list"
            " FILE with --map FILE finds the transcripts of such ids"
        )
    if name not in table.unknown and len(table.unknown) < _SUGGESTED:
        table.unknown[name] = "; " + near(name, table.genes.names, "genes and transcripts")
    return f"no gene or transcript {name} in {table.path}{table.unknown.get(name, '')}"


def _nucleotide_change(table: Table, query: Place) -> Answer:
    chrom = _chromosome(table.chromosomes, query.chrom)
    if chrom is None:
        known = ", ".join(table.chromosomes[:30]) or "none"
        return Answer(query, [], f"no chromosome {query.chrom} in {table.path}; it has {known}")
    there = list(table.rows(chrom, query.position, query.position))
    found = list(_matching(there, query.ref, query.alt, "ref", "alt"))
    if found:
        return Answer(query, found)
    return Answer(query, [], _other_nucleotides(table, query, chrom, there))


def _matching(
    rows: Iterable[Row], ref: str | None, alt: str | None, ref_column: str, alt_column: str
) -> Iterator[Row]:
    for row in rows:
        if ref in (None, row[ref_column]) and alt in (None, row[alt_column]):
            yield row


def _chromosome(chromosomes: list[str], wanted: str) -> str | None:
    """Return the table's own name of a chromosome, ignoring chr, and M versus MT."""
    bare = bare_chromosome(wanted)
    return next((name for name in chromosomes if bare_chromosome(name) == bare), None)


def _other_residues(query: Change, spans: list[Span], there: list[Row]) -> str:
    name, position = query.name, query.position
    if not there:
        last = max(span.last_position for span in spans)
        if position > last:
            return f"{name} has no position {position}; its last position in the table is {last}"
        return f"{name} has no row at position {position}"
    seen: dict[str, set[str]] = {}
    for row in there:
        seen.setdefault(row["ref_aa"], set()).add(row["alt_aa"])
    alternatives = "; ".join(
        f"{shown(ref)}{position} to {', '.join(sorted(alts))}" for ref, alts in sorted(seen.items())
    )
    if query.ref not in seen:
        return (
            f"{name} has {' or '.join(map(shown, sorted(seen)))} at {position}, not"
            f" {shown(query.ref or '')}; in the table: {alternatives}"
        )
    why = "keeps the residue" if query.ref == query.alt else "may need more than one nucleotide"
    change = f"{shown(query.ref)}{position}{query.alt}"
    return f"{name} has no row for {change}, which {why}; in the table: {alternatives}"


def _other_nucleotides(table: Table, query: Place, chrom: str, there: list[Row]) -> str:
    where = f"{chrom}:{query.position}"
    if there:
        references = sorted({row["ref"] for row in there})
        alternatives = ", ".join(sorted({f"{row['ref']}>{row['alt']}" for row in there}))
        wrong = "" if query.ref in references else f", whose reference is {'/'.join(references)}"
        return f"no row for {query.ref}>{query.alt} at {where}{wrong}; in the table: {alternatives}"
    first = max(1, query.position - _AROUND)
    around = table.rows(chrom, first, query.position + _AROUND)
    near = min(around, key=lambda row: abs(int(row["pos"]) - query.position), default=None)
    if near is None:
        return f"no row within {_AROUND} nucleotides of {where}; is it another genome assembly?"
    return f"no row at {where}; the nearest is {chrom}:{near['pos']} ({near['gene_symbol']})"
