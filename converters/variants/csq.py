"""VEP's annotations in a VCF: the field CSQ of INFO, several transcripts an allele."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from converters.errors import InputError

_HEADER = re.compile(r'##INFO=<ID=([^,>]+),.*Ensembl VEP.*Format: ([^">]+)', re.IGNORECASE)
_KNOWN = re.compile(r'##INFO=<ID=(CSQ),.*Format: ([^">]+)', re.IGNORECASE)
_SYMBOLIC = ("*", "<", "[", "]", ".")


class Format(NamedTuple):
    """The names of an annotation's parts, in order, and the field of INFO that holds them.

    VEP calls the field CSQ, unless it was run with --vcf_info_field.
    """

    field: str
    names: tuple[str, ...]

    def place(self, name: str) -> int | None:
        """Return the place of a part, None if these annotations lack it."""
        return self.names.index(name) if name in self.names else None


def read_format(meta: Sequence[str], path: object = "the VCF") -> Format:
    """Read the format of VEP's annotations from the `##` lines of a VCF.

    Raises:
        InputError: VEP did not annotate this file, or its format is not stated.
    """
    for pattern in (_HEADER, _KNOWN):
        for line in meta:
            if found := pattern.match(line):
                names = tuple(name.strip() for name in found[2].split("|"))
                return Format(found[1], names)
    other = [name for name in ("ANN", "BCSQ", "EFF") if any(f"ID={name}," in m for m in meta)]
    has = f"; it has {other[0]}, of another program, which is not read" if other else ""
    raise InputError(
        f"{path}: a VCF without VEP's annotations (no ##INFO line of CSQ with its Format){has};"
        " annotate it with: vep --vcf"
    )


def annotations(info: str, field: str = "CSQ") -> Iterator[list[str]]:
    """Yield the parts of each annotation in an INFO column, as they stand; none without the field.

    Args:
        info: the eighth column of a VCF.
        field: the name of the field.
    """
    text = value_of(info, field)
    if text:
        for annotation in text.split(","):
            yield annotation.split("|")


def value_of(info: str, field: str) -> str | None:
    """Return a field's value in an INFO column, None if it is absent."""
    start = f"{field}="
    at = 0 if info.startswith(start) else info.find(f";{start}") + 1
    if not at and not info.startswith(start):
        return None
    end = info.find(";", at)
    return info[at + len(start) : end if end >= 0 else None]


def plain(text: str) -> str:
    """Return a part without VEP's percent signs for characters that a VCF cannot have."""
    return unquote(text) if "%" in text else text


def alternative(allele: str, ref: str, alts: Sequence[str]) -> int | None:
    """Return which of a line's alternatives an annotation is of, from 0; None if none fits.

    VEP writes a substitution as it stands. Where a line has an insertion or deletion and all of its
    alleles begin with the same base, VEP leaves that base out, and writes `-` for what is empty.

    Args:
        allele: the annotation's Allele.
        ref: REF.
        alts: ALT, split at commas.
    """
    if allele in alts:
        return alts.index(allele)
    plain_alts = [alt for alt in alts if not alt.startswith(_SYMBOLIC)]
    shared = all(alt[:1] == ref[:1] for alt in plain_alts)
    for number, alt in enumerate(alts):
        if alt in plain_alts and (shared or alt[:1] == ref[:1]) and (alt[1:] or "-") == allele:
            return number
    return None
