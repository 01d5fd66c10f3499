"""Lookups in a finalized table: of a residue change, a position or a nucleotide change.

`query` parses queries and `listed` lists of them, `gene_index` locates genes, `wanted` collects
what many queries are about and `selecting` chooses their rows, `table` reads rows, and `answer`
combines them and suggests what exists instead of what does not.
"""

from pt_gmvp.tables.lookup.answer import Answer, answer, answer_all
from pt_gmvp.tables.lookup.query import Change, Place, parse
from pt_gmvp.tables.lookup.table import open_table

__all__ = ["Answer", "Change", "Place", "answer", "answer_all", "open_table", "parse"]
