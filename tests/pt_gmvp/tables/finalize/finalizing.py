"""Runs of `finalize` on tables in a folder, and the tables that they wrote."""

from contextlib import nullcontext
from pathlib import Path

import pandas as pd

from pt_gmvp.tables.finalize import Request, finalize


def finalized(
    folder: Path, scores: Path, genomic: Path, output: str = "out.tsv", threads: int = 1, **options
):
    """Run in `folder`; what it came to."""
    request = Request((scores,), genomic, folder / output, 10**9, threads, **options)
    return finalize(request, lambda *_: nullcontext(lambda units=1: None))


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype={"chrom": str})
