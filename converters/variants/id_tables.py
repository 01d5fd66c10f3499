"""Files that say which transcripts an id stands for: maps of two columns, and tables of genes."""

import re
from collections.abc import Iterator
from pathlib import Path

from converters.errors import InputError
from converters.variants.cells import DELIMITERS, split_line
from converters.variants.ids import Versions
from converters.variants.lines import contents, read_blocks

_TRANSCRIPT = re.compile(r"ENS[A-Z]*T[0-9]+(\.[0-9]+)?")
_UNIPROT_TRANSCRIPTS = "Ensembl_TRS"
_GENE_COLUMNS = (
    ("transcript_stable_id", "display_label", "gene_stable_id"),
    ("transcript_id", "gene_symbol", "gene_id"),
)


def read_map(path: str | Path) -> tuple[Versions, int]:
    """Read a map of ids to transcripts; also return the number of rows without one of the two.

    Two columns in either order, separated by tabs, commas, semicolons or spaces, with or without a
    header; or UniProt's idmapping, whose second column says which database the third is of.

    Raises:
        InputError: another number of columns, or no row.
        OSError: the file cannot be read.
    """
    rows = list(_rows(path))
    if rows and all(len(cells) == 3 for _, cells in rows):
        rows = [(n, [a, c]) for n, (a, kind, c) in rows if kind == _UNIPROT_TRANSCRIPTS]
    for number, cells in rows:
        if len(cells) != 2:
            raise InputError(
                f"{path}, line {number}: {len(cells)} columns; expected two: an id, and its"
                " transcript"
            )
    if not rows:
        raise InputError(f"{path}: contains no row; expected an id and its transcript on each")
    counts = [sum(bool(_TRANSCRIPT.fullmatch(cells[at])) for _, cells in rows) for at in (0, 1)]
    key, value = (1, 0) if counts[0] > counts[1] else (0, 1)
    first = rows[0][1]
    if counts[value] and not _TRANSCRIPT.fullmatch(first[value]) and first[value]:
        rows = rows[1:]  # a header
    found, empty = Versions(), 0
    for _, cells in rows:
        if cells[key] and cells[value]:
            found.add(cells[key], cells[value])
        else:
            empty += 1
    return found, empty


def read_genes(path: str | Path) -> Versions:
    """Read transcripts of genes, by symbol and by gene id.

    The columns are the original's (transcript_stable_id, display_label, gene_stable_id) or those
    of a finalized table, whose index `<table>.genes.tsv` is read if there is one.

    Raises:
        InputError: a column is missing.
        OSError: the file cannot be read.
    """
    index = Path(f"{path}.genes.tsv")
    path = index if index.is_file() else Path(path)
    rows = _rows(path)
    number, header = next(rows, (1, []))
    names = [name.removeprefix("#").strip() for name in header]
    wanted = next((each for each in _GENE_COLUMNS if set(each) <= set(names)), None)
    if wanted is None:
        raise InputError(
            f"{path}, line {number}: no table of genes; expected the columns"
            f" {', '.join(_GENE_COLUMNS[0])}, or those of a finalized table"
        )
    places = [names.index(name) for name in wanted]
    found, seen = Versions(), set[tuple[str, ...]]()
    for number, cells in rows:
        if len(cells) != len(names):
            raise InputError(
                f"{path}, line {number}: {len(cells)} fields, the header has {len(names)}"
            )
        row = tuple(cells[at].strip() for at in places)
        if row in seen:
            continue
        seen.add(row)
        transcript, *of_gene = row
        for name in of_gene:
            if name and transcript:
                found.add(name, transcript)
                if name != name.upper():
                    found.add(name.upper(), transcript)
    return found


def _rows(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line numbers and cells; the delimiter is that of the first row."""
    delimiter: str | None = None
    first = True
    for block in read_blocks(path):
        # The header of a finalized table begins with `#`.
        lines = block if first else contents(block)
        for text, number in zip(lines.texts, lines.numbers.tolist(), strict=True):
            is_header = first and any(f"{each[0]}" in text for each in _GENE_COLUMNS)
            if not text.strip() or (text.startswith("#") and not is_header):
                continue
            if first:
                delimiter = next((one for one in DELIMITERS if one in text), None)
                first = False
            cells = text.split() if delimiter is None else split_line(path, text, number, delimiter)
            yield number, [cell.strip() for cell in cells]
