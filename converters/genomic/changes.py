"""From an annotation to a row of the genomic table: alleles, codons and residues must agree."""

from functools import cache
from typing import NamedTuple

from converters.genomic.annotations import Annotation
from converters.residues import AMINO_ACIDS
from converters.variants import vep
from converters.variants.changes import MALFORMED, NOT_AMINO_ACID, SEVERAL, STOP, quoted
from converters.variants.kinds.layout import OTHER_CONSEQUENCE
from converters.variants.kinds.vep_tables import NO_ANNOTATION

COLUMNS = (
    *("chrom", "pos", "ref", "alt", "gene_symbol", "gene_id", "transcript_id"),
    *("protein_position", "ref_aa", "alt_aa", "ref_codon", "alt_codon", "context"),
)
"""The genomic table's columns, in order."""

NOT_A_TRANSCRIPT = "not in a transcript"
NOT_ONE_NUCLEOTIDE = "not a change of one nucleotide"
CODONS = "codons do not fit"
REFERENCE = "no reference allele"
GENOME = "genome does not fit"

_COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))
_MITOCHONDRIAL = ("M", "MT")


class Unusable(Exception):
    """An annotation that gives no row: kind and detail, and whether a score was asked for."""

    def __init__(self, kind: str, detail: str, failed: bool = True) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.failed = kind, detail, failed


class Change(NamedTuple):
    """A change of one nucleotide and its effect; codons are "" if the file has none."""

    chrom: str
    pos: int
    ref: str
    alt: str
    gene_symbol: str
    gene_id: str
    transcript_id: str
    protein_position: int
    ref_aa: str
    alt_aa: str
    ref_codon: str
    alt_codon: str


def change_of(annotation: Annotation, genome_base: str = "") -> Change:
    """Return the change of an annotation.

    The reference allele is what the file states, the codons imply, and the genome has; they must
    agree. Codons must differ in one nucleotide, be the residues' by the genetic code (that of
    vertebrate mitochondria on chromosome M), and have the allele on one of the strands: the one
    that STRAND says, if the file has it.

    Args:
        annotation: of one allele in one transcript.
        genome_base: the genome's base at the place, "" if it is not known.

    Raises:
        Unusable: the annotation is of something else, or its parts contradict each other.
    """
    values = annotation.values
    if annotation.absent:
        raise Unusable(NO_ANNOTATION, annotation.absent, failed=False)
    if annotation.wrong:
        raise Unusable(MALFORMED, annotation.wrong)
    if values.get("Feature_type", "Transcript") not in ("Transcript", "", "-"):
        raise Unusable(NOT_A_TRANSCRIPT, f"Feature_type is {values['Feature_type']}", failed=False)
    if vep.MISSENSE not in vep.consequences(values["Consequence"]):
        detail = f"the consequence is {quoted(values['Consequence'])}"
        raise Unusable(OTHER_CONSEQUENCE, detail, failed=False)
    position, (ref_aa, alt_aa) = _protein(values.get("Protein_position", ""), annotation)
    allele = annotation.allele
    if annotation.first != annotation.last or len(allele) != 1 or allele not in _COMPLEMENT:
        text = f"{annotation.ref or '?'}>{allele} at {annotation.first}-{annotation.last}"
        raise Unusable(NOT_ONE_NUCLEOTIDE, f"{text[:80]}; expected one nucleotide")
    ref, codons = _codons(annotation, ref_aa, alt_aa)
    found = {"the file": annotation.ref, "the codon": ref, "the genome": genome_base.upper()}
    known = {origin: base for origin, base in found.items() if base in _COMPLEMENT}
    if len(set(known.values())) > 1:
        said = ", ".join(f"{origin} has {base}" for origin, base in known.items())
        kind = GENOME if genome_base else CODONS
        raise Unusable(kind, f"reference allele: {said}; is it another assembly?")
    if not known:
        raise Unusable(
            REFERENCE, "the file states no reference allele: run VEP with --show_ref_allele"
        )
    base = next(iter(known.values()))
    if base == allele:
        raise Unusable(CODONS, f"the allele {allele} is the reference's")
    symbol, gene = (_text(values.get(name)) for name in ("SYMBOL", "Gene"))
    feature = _text(values.get("Feature"))
    if not feature:
        raise Unusable(MALFORMED, "Feature is empty; expected a transcript")
    return Change(
        *(annotation.chrom, annotation.first, base, allele, symbol, gene, feature),
        *(position, ref_aa, alt_aa, *codons),
    )


def _text(value: str | None) -> str:
    return "" if value in (None, "-", ".") else str(value)


def _protein(text: str, annotation: Annotation) -> tuple[int, tuple[str, str]]:
    """Return the position and both residues."""
    amino_acids = annotation.values.get("Amino_acids", "")
    position, residues = vep.protein_position(text), vep.residues(amino_acids)
    if position is None or residues is None:
        several = "-" in text.strip("-") or len(amino_acids.replace("/", "")) > 2
        kind = SEVERAL if several else MALFORMED
        raise Unusable(
            kind,
            f"Protein_position is {text[:20]!r} and Amino_acids {amino_acids[:20]!r}; expected one"
            " position, and two residues such as R/Q",
        )
    if residues[1] not in AMINO_ACIDS:
        kind = STOP if residues[1] == "*" else NOT_AMINO_ACID
        raise Unusable(kind, f"the substitute is {residues[1]}; expected one of {AMINO_ACIDS}")
    return position, residues


def _codons(annotation: Annotation, ref_aa: str, alt_aa: str) -> tuple[str, tuple[str, str]]:
    """Return the reference allele that the codons imply, and both codons; "" without codons."""
    text = annotation.values.get("Codons", "")
    if text in ("", "-", "."):
        return "", ("", "")
    found = vep.codons(text)
    if found is None:
        raise Unusable(CODONS, f"Codons is {text[:20]!r}; expected two such as cGa/cAa")
    code = _genetic_code(annotation.chrom.upper().removeprefix("CHR") in _MITOCHONDRIAL)
    for codon, residue in zip(found, (ref_aa, alt_aa), strict=True):
        coded = code.get(codon, "X")
        if residue not in (coded, "X") and (codon, residue) != ("TGA", "U"):
            raise Unusable(CODONS, f"{codon} codes for {coded}, but Amino_acids has {residue}")
    differing = [pair for pair in zip(*found, strict=True) if pair[0] != pair[1]]
    if len(differing) != 1:
        raise Unusable(CODONS, f"{'/'.join(found)} differ in {len(differing)} nucleotides, not 1")
    return _forward(annotation, *differing[0]), found


def _forward(annotation: Annotation, ref: str, alt: str) -> str:
    """Return the reference base of a codon on the forward strand."""
    allele = annotation.allele
    strand = 1 if alt == allele else -1 if _COMPLEMENT.get(alt) == allele else 0
    if not strand:
        raise Unusable(CODONS, f"the codon changes to {alt}, but the allele is {allele}")
    stated = annotation.values.get("STRAND", "")
    if stated in ("1", "-1") and int(stated) != strand:
        raise Unusable(CODONS, f"the codon is on strand {strand}, but STRAND is {stated}")
    return ref if strand == 1 else _COMPLEMENT.get(ref, "")


@cache
def _genetic_code(mitochondrial: bool) -> dict[str, str]:
    """Return the residue of each codon, `*` for stops; NCBI's tables 1 and 2."""
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    table = unambiguous_dna_by_id[2 if mitochondrial else 1]
    return {**table.forward_table, **dict.fromkeys(table.stop_codons, "*")}
