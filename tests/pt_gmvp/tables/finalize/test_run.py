"""Whole runs of `finalize`: every kind of table, several tables, and rows without a partner."""

import gzip
from contextlib import nullcontext

import pysam
import pytest

from converters.errors import InputError
from pt_gmvp.tables.finalize import Request, finalize
from tests.pt_gmvp.genomic_tables import FINAL
from tests.pt_gmvp.tables.finalize.finalizing import finalized, read


def test_every_kind_of_table_holds_the_same(tmp_path, tables):
    """Read and written: text, gzipped, bgzipped, parquet."""
    scores, genomic = tables
    finalized(tmp_path, scores, genomic, "out.tsv")
    import duckdb

    sources = {"tsv": tables, "gz": [], "bgz": [], "parquet": []}
    for path in tables:
        gz, bgz, parquet = (tmp_path / f"{path.stem}.{kind}" for kind in ("gz", "bgz", "parquet"))
        gz.write_bytes(gzip.compress(path.read_bytes()))
        with pysam.BGZFile(str(bgz), "wb") as file:
            half = len(path.read_bytes()) // 2
            file.write(path.read_bytes()[:half])
            file.flush()  # two blocks
            file.write(path.read_bytes()[half:])
        duckdb.sql(f"COPY (FROM read_csv('{path}', delim = '\t')) TO '{parquet}'")
        for kind, made in (("gz", gz), ("bgz", bgz), ("parquet", parquet)):
            sources[kind].append(made)
    wanted = (tmp_path / "out.tsv").read_bytes()
    for kind, pair in sources.items():
        finalized(tmp_path, pair[0], pair[1], f"{kind}.tsv")
        assert (tmp_path / f"{kind}.tsv").read_bytes() == wanted, kind
    finalized(tmp_path, tables[0], tables[1], output="out.parquet")
    written = duckdb.sql(f"FROM read_parquet('{tmp_path}/out.parquet')")
    assert written.columns == FINAL
    assert written.fetchall() == list(read(tmp_path / "out.tsv").itertuples(index=False, name=None))


def test_several_tables_of_scores_are_one(tmp_path, tables):
    scores, genomic = tables
    finalized(tmp_path, scores, genomic, "whole.tsv")
    header, *lines = scores.read_text().splitlines()
    parts = []
    for n in range(2):
        parts.append(tmp_path / f"part{n}.tsv")
        parts[-1].write_text("\n".join([header, *lines[n::2]]) + "\n")
    request = Request(tuple(parts), genomic, tmp_path / "parts.tsv", 10**9, 1)
    finalize(request, lambda *_: nullcontext(lambda units=1: None))
    assert (tmp_path / "parts.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def test_nothing_in_common_is_refused_and_so_is_a_rest_if_asked(tmp_path, tables):
    scores, _ = tables
    text = scores.read_text()
    scores.write_text(text.replace("ENST", "ENST_"))
    with pytest.raises(InputError) as error:
        finalized(tmp_path, *tables)
    assert (
        "no row has a score; its first is ENST1_1_M_I, the first score is that of ENST_1_1_M_I"
    ) in str(error.value)
    kept = [line for line in text.splitlines() if "ENST1_2_R" not in line]
    scores.write_text("\n".join(kept) + "\n")
    assert finalized(tmp_path, *tables).matched.without_score.names == [
        "ENST1_2_R_G", "ENST1_2_R_L", "ENST1_2_R_P",
    ]  # fmt: skip
    with pytest.raises(InputError, match="4 rows have no score, such as ENST1_2_R_G, ENST1_2_R_L"):
        finalized(tmp_path, tables[0], tables[1], strict=True)
