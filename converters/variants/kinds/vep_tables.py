"""VEP's tables, and its annotations in a VCF."""

from collections.abc import Sequence

import numpy as np

from converters.errors import InputError
from converters.variants import vep
from converters.variants.changes import MALFORMED, SEVERAL, quoted
from converters.variants.columns import Cache, changes
from converters.variants.csq import Format, plain, value_of
from converters.variants.kinds.layout import (
    Column,
    Fault,
    Layout,
    Parsed,
    in_order,
    not_missense,
    pick,
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


def parse_annotations(columns: list[Column], what: Column) -> Parsed:
    """Return the variants among annotations.

    Args:
        columns: Feature, Consequence, Protein_position and Amino_acids; or Feature, Consequence
            and HGVSp.
        what: the text of each annotation's variant, for the list.
    """
    features, consequences, *rest = columns
    number = len(features)
    missense = np.fromiter(map(_MISSENSE.__getitem__, consequences), bool, number)
    faults = []
    for row in np.flatnonzero(~missense).tolist():
        text = shown(what[row], features[row])
        faults.append(Fault(row, text, *not_missense(consequences[row]), failed=False))
    some = np.flatnonzero(missense)
    chosen = [pick(column, some) for column in rest]
    if len(chosen) == 1:
        texts = [plain(cell).rpartition(":")[2] for cell in chosen[0]]
        found = changes(texts)
        position, ref, alt = found.position, found.ref, found.alt
        reasons = {at: (error.kind, str(error)) for at, error in found.errors.items()}
    else:
        position = np.fromiter(map(_POSITIONS.__getitem__, chosen[0]), np.int32, len(some))
        pairs = np.fromiter(map(_PAIRS.__getitem__, chosen[1]), np.int32, len(some))
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
    ids = [pick(features, keep)]
    return Parsed(keep, ids, position[good], ref[good], alt[good], in_order(faults))


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

    def parse(self, columns: list[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        return parse_annotations(columns[:-1], columns[-1])


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
        self._width = len(form.names)
        self._places = [form.names.index(name) for name in wanted]
        self.needed = [header.index(name) for name in ("CHROM", "POS", "REF", "ALT", "INFO")]

    def parse(self, columns: list[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        rows: list[int] = []
        parts: list[list[str]] = []
        bare: list[Fault] = []
        field, width = self.field, self._width
        for row, info in enumerate(columns[-1]):
            text = value_of(info, field)
            if not text:
                reason = (NO_ANNOTATION, f"the line has no {field}")
                bare.append(Fault(row, self._shown(columns, row), *reason, failed=False))
                continue
            for annotation in text.split(","):
                found = annotation.split("|")
                if len(found) != width:
                    detail = f"an annotation has {len(found)} parts, the header's Format {width}"
                    place = self._shown(columns, row)
                    bare.append(Fault(row, place, MALFORMED, detail, failed=True))
                    continue
                parts.append(found)
                rows.append(row)
        wanted: list[Column] = [[found[at] for found in parts] for at in self._places]
        what = _Places(columns, rows)
        parsed = parse_annotations(wanted, what)
        of_row = np.array(rows, np.int64)
        parsed.row = of_row[parsed.row]
        faults = [fault._replace(row=rows[fault.row]) for fault in parsed.faults]
        parsed.faults = in_order([*bare, *faults]) if bare else faults
        return parsed

    @staticmethod
    def _shown(columns: list[Column], row: int) -> str:
        return _Places(columns, [row])[0]


class _Places(Sequence[str]):
    """The texts of annotations' variants, made for the few that are listed."""

    def __init__(self, columns: list[Column], rows: list[int]) -> None:
        self._columns, self._rows = columns, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        chrom, pos, ref, alt = (column[self._rows[number]] for column in self._columns[:4])
        return shown(f"{chrom}:{pos} {ref}>{alt}")
