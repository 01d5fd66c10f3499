"""Looking things up in a finalized table: a residue change, a position, a nucleotide change.

`query` reads what is asked, `index` knows where genes lie, `table` fetches rows, `answer` puts the
three together and says what is there instead of what is not.
"""

from pt_gmvp.tables.lookup.answer import Answer, answer
from pt_gmvp.tables.lookup.query import Change, Place, parse
from pt_gmvp.tables.lookup.table import open_table

__all__ = ["Answer", "Change", "Place", "answer", "open_table", "parse"]
