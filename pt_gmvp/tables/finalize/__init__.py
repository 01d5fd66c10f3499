"""The finalized table: scores joined with the genome, ranked, and laid out for looking things up.

Everything runs inside of an embedded engine (DuckDB), which sorts on disk what exceeds the memory
it is given: `staging` reads and refuses, `ordering` brings the genomic rows into their order,
`transcripts` joins and ranks transcript by transcript, `ranking` ranks over all, `writing` writes.
"""

from pt_gmvp.tables.finalize.run import Finalized, Request, finalize

__all__ = ["Finalized", "Request", "finalize"]
