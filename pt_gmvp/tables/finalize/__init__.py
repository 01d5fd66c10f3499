"""The finalized table: scores joined with the genome, ranked, and laid out for lookups.

All steps run in an embedded database (DuckDB), which sorts on disk what exceeds the memory limit:
`staging` reads and checks the tables, `ordering` sorts the genomic rows, `ranking` joins and ranks
the scores, and `writing` writes the result.
"""

from pt_gmvp.tables.finalize.run import Finalized, Request, finalize

__all__ = ["Finalized", "Request", "finalize"]
