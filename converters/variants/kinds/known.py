"""The kinds that a header can be of, and the columns that each of them needs."""

import re
from collections.abc import Sequence

from converters.errors import InputError
from converters.variants import csq, vep
from converters.variants.kinds import common_names as common
from converters.variants.kinds.change_column import ChangeColumn
from converters.variants.kinds.clinvar import ClinVarNames
from converters.variants.kinds.layout import Layout
from converters.variants.kinds.lists import HgvsLists, ListColumns
from converters.variants.kinds.substitutions import Places, SubstitutionColumns
from converters.variants.kinds.vep_tables import HGVS, RESIDUES, VcfLines, VepColumns

OWN = ("transcript_id", "aa_pos", "ref_aa", "alt_aa")
"""gMVP's own columns, with optional var, target and consequence."""

VCF = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")

EXPECTED = (
    "gMVP's columns (transcript_id, aa_pos, ref_aa, alt_aa), a column of changes such as"
    " p.Arg130Gln beside one of transcripts, changes such as ENST00000371953:p.Arg130Gln, VEP's"
    " output (tab or VCF), AlphaMissense, ClinVar's variant_summary, dbNSFP, gnomAD's export,"
    " MaveDB, ProteinGym, or lines of: transcript position reference substitute"
)
"""The kinds that are known, for messages."""

_GENOMIC = {"chrom", "chr", "chromosome"}
_GENERIC = {"pos", "position", "site", "ref", "reference", "alt", "alternate", "alternative"}
"""Names that nucleotide changes have too."""


def layout_of(header: Sequence[str], path: object, meta: Sequence[str] = ()) -> Layout | None:
    """Return how to read a table with this header; None if it is of no known kind.

    Args:
        header: the names of the columns, without the `#` before the first.
        path: for messages.
        meta: the lines before the header, of a VCF.

    Raises:
        InputError: a kind is recognised, and a column that it needs is missing or there twice.
    """
    layout = _named(header, path, meta) or _by_common_names(header)
    if layout is None and OWN[0] in header and set(OWN[1:]) & set(header):
        _demand(path, set(header), OWN)
    if layout is not None:
        for at in layout.needed:
            if header.count(header[at]) > 1:
                raise InputError(f"{path}: two columns have the same name, {header[at]!r}")
    return layout


def _named(header: Sequence[str], path: object, meta: Sequence[str]) -> Layout | None:
    """Recognise the kinds that have names of their own."""
    has = set(header)
    if set(VCF) <= has:
        return VcfLines(header, csq.read_format(meta, path), path)
    if vep.START in has or set(RESIDUES) <= has:
        if not set(HGVS) <= has:
            _demand(path, has, RESIDUES)
        return VepColumns(header)
    if set(OWN) <= has:
        named, position, ref, alt = map(header.index, OWN)
        name, consequence = (_place(header, column) for column in ("var", "consequence"))
        places = Places((named,), position, ref, alt, name, consequence)
        return SubstitutionColumns("gMVP", places)
    return _published(header, has)


def _published(header: Sequence[str], has: set[str]) -> Layout | None:
    """Recognise the tables of predictors and data bases."""
    if "am_pathogenicity" in has and "protein_variant" in has:
        return _changes("AlphaMissense", header, ("transcript_id", "uniprot_id"), "protein_variant")
    if "Ensembl_transcriptid" in has or {"aapos", "aaref", "aaalt"} <= has:
        return _dbnsfp(header, has)
    if {"Name", "ClinicalSignificance"} <= has or {"AlleleID", "Name"} <= has:
        return ClinVarNames(header.index("Name"))
    if "Protein Consequence" in has:
        return _changes(
            "gnomAD export", header, ("Transcript",), "Protein Consequence",
            ("VEP Annotation", "Annotation"), all_variants=True,
        )  # fmt: skip
    if "hgvs_pro" in has:
        return _changes("MaveDB", header, (), "hgvs_pro", all_variants=True)
    if "mutant" in has and has & {"DMS_score", "mutated_sequence", "DMS_bin_score"}:
        return _changes("ProteinGym", header, ("protein",), "mutant")
    return None


def _dbnsfp(header: Sequence[str], has: set[str]) -> Layout | None:
    if {"aapos", "aaref", "aaalt"} <= has:
        named = [name for name in ("Ensembl_transcriptid", "Uniprot_acc") if name in has]
        return ListColumns(header, header.index(named[0])) if named else None
    if "Ensembl_transcriptid" in has:
        for name in ("HGVSp_VEP", "HGVSp_snpEff", "HGVSp"):
            if name in has:
                return HgvsLists(header.index("Ensembl_transcriptid"), header.index(name))
    return None


def _demand(path: object, has: set[str], needed: Sequence[str]) -> None:
    absent = [name for name in needed if name not in has]
    if absent:
        raise InputError(
            f"{path}: no column {', '.join(absent)}; expected {', '.join(needed)}, in any order"
        )


def _place(header: Sequence[str], name: str) -> int | None:
    return header.index(name) if name in header else None


def _changes(
    kind: str,
    header: Sequence[str],
    ids: Sequence[str],
    change: str,
    consequences: Sequence[str] = (),
    all_variants: bool = False,
) -> ChangeColumn:
    named = [header.index(name) for name in ids if name in header]
    consequence = next((header.index(name) for name in consequences if name in header), None)
    return ChangeColumn(kind, named, header.index(change), consequence, all_variants)


def _by_common_names(header: Sequence[str]) -> Layout | None:
    """Recognise columns by the names that people give them."""
    bare = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in header]

    def first(names: Sequence[str]) -> int | None:
        return next((bare.index(name) for name in names if name in bare), None)

    consequence, named = first(common.CONSEQUENCES), first(common.TRANSCRIPTS)
    at, ref, alt = first(common.POSITIONS), first(common.REFERENCES), first(common.SUBSTITUTES)
    if at is not None and ref is not None and alt is not None:
        generic = {bare[at], bare[ref], bare[alt]} <= _GENERIC
        if not generic or (named is not None and not _GENOMIC & set(bare)):
            ids = _ids(bare, named, (at, ref, alt))
            places = Places(ids, at, ref, alt, first(("var",)), first(("consequence",)))
            return SubstitutionColumns("columns of residues", places)
    change = first(common.CHANGES)
    if change is None:
        return None
    ids = _ids(bare, named, (change,))
    return ChangeColumn("column of changes", ids, change, consequence)


def _ids(bare: Sequence[str], transcript: int | None, taken: Sequence[int]) -> tuple[int, ...]:
    """Return the columns that name the protein: that of transcripts, then others."""
    others = [bare.index(name) for name in common.OTHER_IDS if name in bare]
    first = [] if transcript is None else [transcript]
    return tuple(at for at in dict.fromkeys((*first, *others)) if at not in taken)
