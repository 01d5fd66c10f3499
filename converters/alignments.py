"""Alignments as users have them, as text: rows of letters by name, whatever the format."""

import io
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from converters.errors import InputError

SUFFIXES = {
    ".compara103": "compara",
    ".a3m": "a3m", ".a2m": "a3m",
    ".fasta": "fasta", ".fa": "fasta", ".afa": "fasta", ".fas": "fasta", ".mfa": "fasta",
    ".sto": "stockholm", ".stockholm": "stockholm", ".stk": "stockholm",
    ".aln": "clustal", ".clustal": "clustal", ".clw": "clustal",
}  # fmt: skip
"""The format that a file's suffix tells."""

FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))

# Rows that HHsuite's tools put into an A3M file beside the sequences.
_NO_SEQUENCES = ("ss_pred", "ss_conf", "ss_dssp", "sa_pred", "sa_dssp")
# In A3M lower case is an insertion against the query, and dots only pad insertions.
_INSERTIONS = {code: None for code in (*range(ord("a"), ord("z") + 1), ord("."))}


class Row(NamedTuple):
    """One sequence: `name` is all that the file says of it, `letters` its row as it stands."""

    name: str
    letters: str


def read_rows(
    text: str, form: str, path: object, refusal: type[InputError] = InputError
) -> list[Row]:
    """Read the rows of an alignment, their letters as the file has them but for white space.

    Args:
        text: what the file holds.
        form: one of FORMATS.
        path: the file's name, for messages.
        refusal: the error to raise.

    Raises:
        refusal: it is no alignment of this format, or holds no sequence.
    """
    if form == "compara":
        rows = [Row(fields[0], fields[2]) for fields in compara_fields(text, path, refusal)]
    else:
        rows = _by_biopython(text, form, path, refusal)
    if not rows:
        raise refusal(f"{path}: holds no sequence; expected an alignment")
    if form == "a3m":
        rows = [row for row in rows if not row.name.startswith(_NO_SEQUENCES)] or rows
    return rows


def compara_fields(
    text: str, path: object, refusal: type[InputError] = InputError
) -> list[tuple[str, str, str]]:
    """Split the original's table: species, percent identity and aligned sequence of each line.

    Raises:
        refusal: a line of another number of fields.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 3:
            raise refusal(
                f"{path}, line {number}: {len(fields)} fields; expected species, percent identity"
                " and sequence, tab-separated"
            )
        found.append((fields[0], fields[1], fields[2]))
    return found


def aligned(
    rows: Sequence[Row], form: str, path: object, refusal: type[InputError] = InputError
) -> list[str]:
    """Bring rows to one width: A3M's insertions dropped, lower case elsewhere made upper case.

    Of a Compara table the letters stay as they are, and lower case counts as no residue there.

    Raises:
        refusal: naming the first row of another width than the first one's.
    """
    if form == "a3m":
        letters = [matched(row.letters) for row in rows]
    else:
        letters = [row.letters if form == "compara" else row.letters.upper() for row in rows]
    width = len(letters[0])
    for row, text in zip(rows, letters, strict=True):
        if len(text) != width:
            raise refusal(
                f"{path}: sequence {row.name[:60]} has {len(text)} columns, the first one {width};"
                " expected an alignment"
            )
    return letters


def matched(letters: str) -> str:
    """Drop an A3M row's insertions: what is left are the columns of the query."""
    return letters.translate(_INSERTIONS)


def _by_biopython(text: str, form: str, path: object, refusal: type[InputError]) -> list[Row]:
    from Bio import AlignIO
    from Bio.SeqIO.FastaIO import SimpleFastaParser

    try:
        if form in ("stockholm", "clustal"):
            found = AlignIO.read(io.StringIO(text), form)
            # Stockholm's description stands beside the id, which may name the species.
            pairs = [
                (" ".join(dict.fromkeys((item.id, item.description))), str(item.seq))
                for item in found
            ]
        else:
            pairs = list(SimpleFastaParser(io.StringIO(text)))
    except Exception as error:  # Biopython raises almost anything on damaged text
        detail = " ".join(str(error).split()) or type(error).__name__
        detail = _of_another_width(text) or detail
        kind = form if form in ("stockholm", "clustal") else "FASTA"
        raise refusal(f"{path}: not a {kind} alignment ({detail:.100})") from None
    return [Row(name, "".join(letters.split())) for name, letters in pairs]


def _of_another_width(text: str) -> str:
    """Name the row of Stockholm or Clustal text that is not as wide as the first, if one is not."""
    widths: Counter[str] = Counter()
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 2 and line[0] not in "# /":
            widths[fields[0]] += len(fields[1])
    first = next(iter(widths.values()), 0)
    odd = next((name for name, width in widths.items() if width != first), None)
    return "" if odd is None else f"{odd:.40} has {widths[odd]} columns, the first row {first}"
