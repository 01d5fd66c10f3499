"""Columns of the input and output tables, with the original's names."""

SCORES = ("var", "gMVP")
"""A table of scores: `<transcript>_<position>_<reference>_<alternative>`, and the score."""

GENOMIC = (
    "chrom",
    "pos",
    "ref",
    "alt",
    "gene_symbol",
    "gene_id",
    "transcript_id",
    "protein_position",
    "ref_aa",
    "alt_aa",
    "ref_codon",
    "alt_codon",
    "context",
)
"""The genomic table, with one row for each nucleotide change and transcript."""

OPTIONAL = ("context",)
"""Genomic columns that a table may lack; they are empty then."""

RANKED = ("gMVP", "gMVP_normalized", "gMVP_rankscore", "gMVP_normalized_rankscore")
"""Columns that are added to the genomic ones."""

FINAL = GENOMIC + RANKED
"""The finalized table, in this order."""

GENES = (
    "gene_symbol",
    "gene_id",
    "transcript_id",
    "chrom",
    "start",
    "end",
    "last_position",
    "rows",
)
"""The gene index beside a finalized table: the span of each transcript on each chromosome (1-based,
both ends included), the last protein position with a row, and the number of rows."""
