"""Small genomic tables and scores for tests, and the finalized table by pandas and scipy."""

from pathlib import Path

import numpy as np
import pandas as pd
from Bio.Data import CodonTable
from scipy.stats import rankdata

GENOMIC = [
    "chrom", "pos", "ref", "alt", "gene_symbol", "gene_id", "transcript_id", "protein_position",
    "ref_aa", "alt_aa", "ref_codon", "alt_codon", "context",
]  # fmt: skip
FINAL = [*GENOMIC, "gMVP", "gMVP_normalized", "gMVP_rankscore", "gMVP_normalized_rankscore"]
_AMINO = CodonTable.unambiguous_dna_by_id[1].forward_table
_ORDER = {**{str(n): n for n in range(1, 23)}, "X": 23, "Y": 24, "M": 25}


def changes(codon: str) -> list[tuple[int, str, str]]:
    """The missense changes of one nucleotide: offset, alternative nucleotide, codon."""
    return [
        (offset, base, new)
        for offset in range(3)
        for base in "ACGT"
        if (new := codon[:offset] + base + codon[offset + 1 :]) in _AMINO
        and _AMINO[new] != _AMINO[codon]
    ]


def gene(
    symbol: str, transcript: str, chrom: str, start: int, codons: list[str]
) -> list[tuple[str, ...]]:
    """Genomic rows of a gene on the plus strand without introns, its codons from `start`."""
    return [
        (
            chrom, str(start + 3 * n + offset), codon[offset], base, symbol, f"ENSG_{symbol}",
            transcript, str(n + 1), _AMINO[codon], _AMINO[new], codon, new,
            f"N{codon[offset]}N",
        )
        for n, codon in enumerate(codons)
        for offset, base, new in changes(codon)
    ]  # fmt: skip


def codons_of(protein: str) -> list[str]:
    """A codon for each residue."""
    by_residue = {residue: codon for codon, residue in sorted(_AMINO.items(), reverse=True)}
    return [by_residue[residue] for residue in protein]


def write(path: Path, header: list[str], rows: list[tuple]) -> Path:
    """A tab-separated table."""
    lines = ["\t".join(map(str, row)) for row in (header, *rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def scores_of(rows: list[tuple[str, ...]], random: np.random.Generator) -> list[tuple[str, float]]:
    """A score for each change of a residue in genomic rows; many are equal."""
    names = sorted({f"{row[6]}_{row[7]}_{row[8]}_{row[9]}" for row in rows})
    return [(name, float(random.integers(0, 8)) / 7) for name in names]


def by_pandas(scores: pd.DataFrame, genomic: pd.DataFrame, ranks: str = "ordinal") -> pd.DataFrame:
    """The finalized table, written down a second time, as the original's words have it."""
    change = ["transcript_id", "protein_position", "ref_aa", "alt_aa"]
    genomic = genomic.assign(
        var=genomic[change].astype(str).agg("_".join, axis=1),
        order=genomic.chrom.str.removeprefix("chr").map(_ORDER),
    )
    table = genomic.merge(scores, on="var").sort_values(
        ["order", "chrom", "pos", "ref", "alt", "transcript_id"], ignore_index=True
    )
    within = table.groupby("transcript_id").gMVP
    table["gMVP_normalized"] = within.transform(
        lambda values: rankdata(values, method=ranks) / len(values)
    )
    for column, source in (("gMVP", "gMVP"), ("gMVP_normalized", "gMVP_normalized")):
        table[f"{column}_rankscore"] = rankdata(table[source], method=ranks) / len(table)
    return table[FINAL]
