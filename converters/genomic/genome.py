"""The bases of a genome around a position, from a FASTA file, by pysam."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from converters.atomic import scratch_folder
from converters.errors import InputError

_GZIP = b"\x1f\x8b"


class Genome:
    """An opened FASTA file; chromosomes are found with or without `chr`, M as MT."""

    def __init__(self, file: Any, path: Path) -> None:
        self._file, self.path = file, path
        self._names: dict[str, str] = {}
        for name in file.references:
            self._names.setdefault(_bare(name), name)

    def context(self, chrom: str, pos: int) -> str:
        """Return the base at a position, from 1, between its neighbours, in upper case.

        N stands for what is beyond the ends; the result is "" if the chromosome is not in the file,
        or has no such position.
        """
        name = chrom if chrom in self._file.references else self._names.get(_bare(chrom))
        if name is None or not 1 <= pos <= self._file.get_reference_length(name):
            return ""
        found = str(self._file.fetch(name, max(pos - 2, 0), pos + 1)).upper()
        return ("N" if pos == 1 else "") + found + "N" * (3 - len(found) - (pos == 1))


def _bare(chrom: str) -> str:
    bare = re.sub("^chr", "", chrom, flags=re.IGNORECASE).upper()
    return "M" if bare == "MT" else bare


@contextlib.contextmanager
def open_genome(path: Path, scratch: Path) -> Iterator[Genome]:
    """Open a FASTA file by its index `.fai`; one is made for this run if there is none.

    Args:
        path: the file; a compressed one must be bgzipped and indexed by samtools faidx.
        scratch: an existing folder for an index of this run, which is removed at the end.

    Raises:
        InputError: it is not FASTA, or compressed without an index.
        OSError: it cannot be read.
    """
    import pysam

    with contextlib.ExitStack() as stack:
        index = Path(f"{path}.fai")
        if not index.exists():
            with open(path, "rb") as file:
                if file.read(2) == _GZIP:
                    raise InputError(
                        f"{path}: is compressed and has no index; make one with: samtools faidx"
                        f" {path} (of a bgzipped file), or decompress it"
                    )
            index = stack.enter_context(scratch_folder(scratch, "genome")) / "genome.fai"
            index.write_text("".join(_index(path)))
        pysam.set_verbosity(0)  # our message replaces htslib's
        try:
            opened = stack.enter_context(pysam.FastaFile(str(path), filepath_index=str(index)))
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: not an indexed FASTA file ({error!s:.100})") from None
        yield Genome(opened, path)


def _index(path: Path) -> Iterator[str]:
    """Yield the lines of a FASTA file's index: name, length, offset, and both lengths of a line.

    Format: the manual page faidx(5) of samtools.
    """
    name, length, offset, bases, width, place = "", 0, 0, 0, 0, 0
    short = False  # a line shorter than the others must be the last
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            place += len(line)
            text = line.rstrip(b"\r\n")
            if line.startswith(b">"):
                if name:
                    yield f"{name}\t{length}\t{offset}\t{bases}\t{width}\n"
                words = text[1:].split()
                name = words[0].decode("utf-8", "replace") if words else ""
                length, offset, bases, width, short = 0, place, 0, 0, False
                if not name:
                    raise InputError(f"{path}, line {number}: a sequence without a name")
                continue
            if not name:
                raise InputError(f"{path}, line {number}: not FASTA; expected a line with >")
            if not bases:
                bases, width = len(text), len(line)
            elif (short and text) or len(text) > bases:
                raise InputError(
                    f"{path}, line {number}: the lines of {name} differ in length; expected equal"
                    " ones, as an index needs"
                )
            short = short or len(line) != width
            length += len(text)
    if not name:
        raise InputError(f"{path}: contains no sequence; expected FASTA")
    yield f"{name}\t{length}\t{offset}\t{bases}\t{width}\n"
