"""The genomic table, written from VEP's annotations one by one, in bounded memory."""

import gzip
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from converters.atomic import file_beside
from converters.errors import InputError
from converters.genomic.annotations import Annotation, read_annotations
from converters.genomic.changes import COLUMNS, GENOME, Unusable, change_of
from converters.genomic.genome import Genome, open_genome
from converters.variants.listing import Listing

SUFFIXES = (".tsv", ".tsv.gz")


@dataclass
class Account:
    """Numbers of lines, annotations and rows, and every annotation without a row."""

    lines: int = 0
    annotations: int = 0
    rows: int = 0
    without_codons: int = 0
    listed: Listing = field(default_factory=Listing)


def make_table(
    paths: Sequence[Path],
    output: Path,
    genome: Path | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Account:
    """Write the genomic table of files of annotations; it appears whole or not at all.

    Args:
        paths: files for `read_annotations`, one after the other.
        output: a .tsv or .tsv.gz file.
        genome: a FASTA file for the column `context`, and to check the reference alleles.
        advance: called after each annotation.

    Raises:
        InputError: a file is of another kind or damaged, or no annotation gives a row.
        OSError: a file cannot be read or written.
    """
    account = Account()
    with ExitStack() as stack:
        opened = None
        if genome is not None:
            folder = output.absolute().parent
            opened = stack.enter_context(open_genome(genome, folder))
        partial = stack.enter_context(file_beside(output))
        with _writer(partial, output) as file:
            file.write("\t".join(COLUMNS) + "\n")
            for path in paths:
                _write_rows(path, file, opened, account, advance)
        if not account.rows:
            one = next(iter(account.listed), None)
            why = f"; the first: line {one.line}, {one.variant}: {one.detail}" if one else ""
            raise InputError(
                f"{paths[0]}: none of {account.annotations:,} annotations gives a row{why}"
            )
    return account


@contextmanager
def _writer(partial: Path, output: Path) -> Iterator[IO[str]]:
    """Open the file for text, compressed if the output's name ends in .gz."""
    if not output.name.endswith(".gz"):
        with open(partial, "w", encoding="utf-8", newline="\n") as plain:
            yield plain
        return
    with (
        open(partial, "wb") as file,
        # Without time and name, so that the same input gives the same bytes.
        gzip.GzipFile("", "wb", 6, file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
    ):
        yield text


def _write_rows(
    path: Path,
    file: IO[str],
    genome: Genome | None,
    account: Account,
    advance: Callable[[], None],
) -> None:
    line = 0
    for annotation in read_annotations(path):
        account.lines += annotation.line != line
        line = annotation.line
        account.annotations += 1
        try:
            file.write(_row(annotation, genome, account))
            account.rows += 1
        except Unusable as unusable:
            account.listed.add(
                str(path), line, annotation.name, unusable.kind, unusable.detail, unusable.failed
            )
        advance()


def _row(annotation: Annotation, genome: Genome | None, account: Account) -> str:
    change_of(annotation)  # what is left out does not depend on the genome
    context = ""
    if genome is not None:
        context = genome.context(annotation.chrom, annotation.first)
        if not context:
            raise Unusable(
                GENOME,
                f"{genome.path.name} has no {annotation.chrom}:{annotation.first}; is it another"
                " assembly?",
            )
    change = change_of(annotation, context[1:2])
    account.without_codons += not change.ref_codon
    return "\t".join([*map(str, change), context]) + "\n"
