"""A finalized table with PTEN's scores as the original computed them, and simulated codons."""

from pathlib import Path

import pytest

from tests.pt_gmvp.finalized_tables import finalized


@pytest.fixture(scope="session")
def folder(golden: Path, tmp_path_factory) -> Path:
    """A folder with table.tsv.gz, .tsv and .parquet: PTEN from 10:1001, another gene on X."""
    return finalized(golden, tmp_path_factory.mktemp("finalized"))
