"""VEP's annotations of nucleotide changes, from its tables or a VCF, one transcript at a time."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.variants import vep
from converters.variants.csq import alternative, annotations, plain
from converters.variants.kinds.vep_tables import VcfLines, VepColumns
from converters.variants.opening import Table, open_table

_UPLOADED = re.compile(r"\S+_([0-9]+)_([ACGTN]+|-)/[ACGTN/-]+", re.IGNORECASE)
_REFERENCES = ("REF_ALLELE", "USED_REF", "GIVEN_REF")
"""VEP's columns with the reference allele, which it writes only if asked to."""


class Annotation(NamedTuple):
    """One alternative allele in one transcript.

    `first` and `last` are positions on the chromosome, `ref` is "" if the file does not state it,
    and `values` has VEP's fields by name. `wrong` says why an annotation cannot be read, and
    `absent` that a line of a VCF has none.
    """

    line: int
    chrom: str
    first: int
    last: int
    ref: str
    allele: str
    values: Mapping[str, str]
    wrong: str = ""
    absent: str = ""

    @property
    def name(self) -> str:
        """Return the change for a message."""
        change = f"{self.ref}>{self.allele}" if self.ref else self.allele
        feature = self.values.get("Feature", "")
        return f"{self.chrom}:{self.first} {change} {feature}".strip()


def read_annotations(path: Path) -> Iterator[Annotation]:
    """Yield the annotations of a file in its order, in bounded memory.

    Args:
        path: VEP's default output with or without its header, that of --tab, or a VCF with CSQ;
            plain, gzipped or zstd.

    Raises:
        InputError: another kind of table, or a damaged one; names the line.
        OSError: it cannot be read.
    """
    table = open_table(path)
    if isinstance(table.layout, VepColumns):
        return _of_columns(path, table)
    if isinstance(table.layout, VcfLines):
        return _of_vcf(path, table, table.layout)
    raise InputError(
        f"{path}: is read as {table.layout.kind}; expected VEP's output (default, --tab or --vcf),"
        " which has codons and places on the genome"
    )


def _of_columns(path: Path, table: Table) -> Iterator[Annotation]:
    names = table.header or list(vep.DEFAULT)
    missing = [n for n in ("Location", "Allele", "Feature", "Consequence") if n not in names]
    if missing:
        raise InputError(f"{path}: has no column {', '.join(missing)}; expected VEP's output")
    skipped = len(table.layout.needed)
    for block, columns in table.rows(*range(len(names))):
        rows = zip(block.numbers.tolist(), zip(*columns[skipped:], strict=True), strict=True)
        for line, cells in rows:
            yield _of_cells(line, dict(zip(names, cells, strict=True)))


def _of_cells(line: int, values: dict[str, str]) -> Annotation:
    if "Extra" in values:
        values = vep.extra(values["Extra"]) | values
    allele = values["Allele"].upper()
    place = vep.location(values["Location"])
    if place is None:
        wrong = f"Location is {values['Location'][:40]!r}; expected chromosome:position"
        return Annotation(line, "", 0, 0, "", allele, values, wrong)
    ref = next((values[name] for name in _REFERENCES if _known(values.get(name))), "")
    named = _UPLOADED.fullmatch(values.get(vep.START, ""))
    if not ref and named and int(named[1]) == place[1]:
        ref = named[2]
    return Annotation(line, *place, ref.upper(), allele, values)


def _known(text: str | None) -> bool:
    return text not in (None, "", "-", ".")


def _of_vcf(path: Path, table: Table, layout: VcfLines) -> Iterator[Annotation]:
    names = layout.names
    missing = [n for n in ("Allele", "Feature", "Consequence") if n not in names]
    if missing:
        raise InputError(
            f"{path}: the annotations in {layout.field} have no {', '.join(missing)}; run VEP with"
            " its default fields"
        )
    columns = [table.header.index(name) for name in ("CHROM", "POS", "REF", "ALT", "INFO")]
    skipped = len(layout.needed)
    for block, cells in table.rows(*columns):
        rows = zip(block.numbers.tolist(), zip(*cells[skipped:], strict=True), strict=True)
        for line, (chrom, pos, ref, alts, info) in rows:
            if not pos.isdigit():
                raise InputError(f"{path}, line {line}: POS is {pos[:20]!r}; expected a number")
            site = (chrom, int(pos), ref.upper(), alts.upper().split(","))
            none = True
            for parts in annotations(info, layout.field):
                none = False
                yield _of_parts(line, site, names, parts)
            if none:
                absent = f"the line has no {layout.field}"
                yield Annotation(line, chrom, int(pos), int(pos), ref, alts, {}, absent=absent)


def _of_parts(
    line: int, site: tuple[str, int, str, list[str]], names: Sequence[str], parts: list[str]
) -> Annotation:
    chrom, pos, ref, alts = site
    last = pos + len(ref) - 1
    if len(parts) != len(names):
        wrong = f"an annotation has {len(parts)} parts, the header's Format {len(names)}"
        return Annotation(line, chrom, pos, last, ref, ",".join(alts), {}, wrong)
    values = dict(zip(names, map(plain, parts), strict=True))
    allele = values["Allele"].upper()
    number = alternative(allele, ref, alts)
    if number is None:
        wrong = f"its Allele {allele[:20]} is none of the line's {','.join(alts)[:40]}"
        return Annotation(line, chrom, pos, last, ref, allele, values, wrong)
    alt = alts[number]
    # Alleles of an MNV may share bases at either end: chr1 10 GAC GTC is a change of one base.
    while len(ref) > 1 and len(alt) == len(ref) and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while len(ref) > 1 and len(alt) == len(ref) and ref[0] == alt[0]:
        ref, alt, pos = ref[1:], alt[1:], pos + 1
    return Annotation(line, chrom, pos, pos + len(ref) - 1, ref, alt, values)
