"""VEP's tables, and its annotations in a VCF."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.variants import vep
from converters.variants.byte_columns import ByteColumn
from converters.variants.changes import MALFORMED, SEVERAL, quoted
from converters.variants.columns import Cache, changes, mapped, take
from converters.variants.csq import Format, plain, value_of
from converters.variants.kinds.layout import (
    Column,
    Fault,
    Layout,
    Parsed,
    in_order,
    not_missense,
    shown,
    usable,
    why_unusable,
)

RESIDUES = ("Feature", "Consequence", "Protein_position", "Amino_acids")
HGVS = ("Feature", "Consequence", "HGVSp")
NO_ANNOTATION = "no annotation"


def _pair(text: str) -> int:
    found = vep.residues(text)
    return ord(found[0]) << 8 | ord(found[1]) if found else 0


_MISSENSE = Cache(lambda text: vep.MISSENSE in vep.consequences(text))
_POSITIONS = Cache(lambda text: vep.protein_position(text) or 0)
_PAIRS = Cache(_pair)


def parse_annotations(columns: Sequence[Column], what: Column) -> Parsed:
    """Return the variants among annotations.

    Args:
        columns: Feature, Consequence, Protein_position and Amino_acids; or Feature, Consequence
            and HGVSp.
        what: the text of each annotation's variant, for the list.
    """
    features, consequences, *rest = columns
    missense = mapped(_MISSENSE, consequences, np.bool_)
    faults: list[Fault] = []
    some = np.flatnonzero(missense)
    chosen = [take(column, some) for column in rest]
    if len(chosen) == 1:
        texts = [plain(cell).rpartition(":")[2] for cell in chosen[0]]
        found = changes(texts)
        position, ref, alt = found.position, found.ref, found.alt
        reasons = {at: (error.kind, str(error)) for at, error in found.errors.items()}
    else:
        position = mapped(_POSITIONS, chosen[0], np.int32)
        pairs = mapped(_PAIRS, chosen[1], np.int32)
        ref, alt = (pairs >> 8).astype(np.uint8), (pairs & 255).astype(np.uint8)
        reasons = {
            at: _why(chosen[0][at], chosen[1][at])
            for at in np.flatnonzero(~usable(position, ref, alt)).tolist()
        }
    for at, reason in reasons.items():
        row = int(some[at])
        text = shown(what[row], features[row], *(column[row] for column in rest))
        faults.append(Fault(row, text, *reason, failed=True))
    good = np.ones(len(some), bool)
    good[list(reasons)] = False
    keep = some[good]
    ids = [take(features, keep)]
    left_out = not_missense(consequences, np.flatnonzero(~missense))
    return Parsed(
        keep, ids, position[good], ref[good], alt[good], in_order(faults), left_out=left_out
    )


def _why(position: str, amino_acids: str) -> tuple[str, str]:
    ref, slash, alt = amino_acids.partition("/")
    if (slash and len(ref) == len(alt) > 1) or (
        position.replace("-", "").isdigit() and "-" in position
    ):
        return SEVERAL, (
            f"Protein_position is {quoted(position)} and Amino_acids {quoted(amino_acids)}; gMVP"
            " scores the substitution of one residue"
        )
    if not vep.protein_position(position):
        return MALFORMED, f"Protein_position is {quoted(position)}; expected a whole number from 1"
    if not vep.residues(amino_acids):
        return MALFORMED, f"Amino_acids is {quoted(amino_acids)}; expected two residues such as R/Q"
    return why_unusable("1", ref, alt, ord(alt.upper()))


class VepColumns(Layout):
    """VEP's default output, or that of --tab: a row is one allele in one transcript."""

    def __init__(self, header: Sequence[str]) -> None:
        self.kind = "VEP"
        wanted = RESIDUES if set(RESIDUES) <= set(header) else HGVS
        self.needed = [header.index(name) for name in wanted]
        self.needed.append(header.index(vep.START) if vep.START in header else self.needed[0])

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        return parse_annotations(columns[:-1], columns[-1])


_Annotations = tuple[NDArray[np.int64], list[Column], list[Fault]]
"""The line of each annotation, the needed parts of all, and the lines without any."""


class VcfLines(Layout):
    """A VCF with VEP's annotations: a line has one for each allele and transcript.

    Raises:
        InputError: the annotations have neither positions and residues nor HGVSp.
    """

    def __init__(self, header: Sequence[str], form: Format, path: object) -> None:
        self.kind = "VEP in VCF"
        self.field = form.field
        wanted = RESIDUES if set(RESIDUES) <= set(form.names) else HGVS
        absent = [name for name in wanted if name not in form.names]
        if absent:
            raise InputError(
                f"{path}: the annotations in {form.field} have no {', '.join(absent)}; expected"
                f" {', '.join(RESIDUES)}, or HGVSp in place of the last two"
            )
        self.names = form.names
        self._width = len(form.names)
        self._places = [form.names.index(name) for name in wanted]
        self.needed = [header.index(name) for name in ("CHROM", "POS", "REF", "ALT", "INFO")]

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        found = self._by_bytes(columns[-1]) if isinstance(columns[-1], ByteColumn) else None
        rows, wanted, bare = found or self._one_by_one(columns)
        parsed = parse_annotations(wanted, _Places(columns, rows))
        parsed.row = rows[parsed.row]
        if parsed.left_out:
            of_row = rows[parsed.left_out.row]
            alt = columns[3]
            ends = alt.ends[of_row] if isinstance(alt, ByteColumn) else None
            parsed.left_out = parsed.left_out._replace(row=of_row, ends=ends)
        faults = [fault._replace(row=int(rows[fault.row])) for fault in parsed.faults]
        parsed.faults = in_order([*bare, *faults]) if bare else faults
        return parsed

    def _by_bytes(self, infos: ByteColumn) -> _Annotations | None:
        """Find the annotations of lines that have one field of them each, all of full width."""
        fields, of_field = infos.split(b";")[::-1]
        start = f"{self.field}=".encode()
        chosen = fields.starts_with(start) & (fields.lengths > len(start))
        if not np.array_equal(of_field[chosen], np.arange(len(infos))):
            return None
        chosen_fields = fields.take(chosen)
        values = ByteColumn(infos.data, chosen_fields.starts + len(start), chosen_fields.ends)
        rows, annotations = values.split(b",")
        of_part, parts = annotations.split(b"|")
        number = len(annotations)
        if not np.array_equal(of_part, np.repeat(np.arange(number), self._width)):
            return None
        wanted: list[Column] = [parts.take(slice(at, None, self._width)) for at in self._places]
        return rows, wanted, []

    def _one_by_one(self, columns: Sequence[Column]) -> _Annotations:
        """Find the annotations of each line, and the lines without any."""
        rows: list[int] = []
        parts: list[list[str]] = []
        bare: list[Fault] = []
        for row, info in enumerate(columns[-1]):
            text = value_of(info, self.field)
            if not text:
                reason = (NO_ANNOTATION, f"the line has no {self.field}")
                bare.append(Fault(row, self._shown(columns, row), *reason, failed=False))
                continue
            for annotation in text.split(","):
                found = annotation.split("|")
                if len(found) == self._width:
                    parts.append(found)
                    rows.append(row)
                    continue
                place = self._shown(columns, row)
                detail = f"an annotation has {len(found)} parts, the header's Format {self._width}"
                bare.append(Fault(row, place, MALFORMED, detail, failed=True))
        wanted: list[Column] = [[found[at] for found in parts] for at in self._places]
        return np.array(rows, np.int64), wanted, bare

    @staticmethod
    def _shown(columns: Sequence[Column], row: int) -> str:
        return _Places(columns, np.array([row]))[0]


class _Places(Sequence[str]):
    """The texts of annotations' variants, made for the few that are listed."""

    def __init__(self, columns: Sequence[Column], rows: NDArray[np.int64]) -> None:
        self._columns, self._rows = columns, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        chrom, pos, ref, alt = (column[int(self._rows[number])] for column in self._columns[:4])
        return shown(f"{chrom}:{pos} {ref}>{alt}")
