"""The finalized table against pandas and scipy, its laws, and what is refused."""

import gzip
import os
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.tables.finalize import Request, finalize, run
from pt_gmvp.tables.finalize.ordering import chromosome_order
from pt_gmvp.tables.finalize.ranking import rank_within
from tests.pt_gmvp.genomic_tables import FINAL, GENOMIC, by_pandas, gene, scores_of, write

CODONS = ["ATG", "CGA", "TGG", "GGC"]


def finalized(
    folder: Path, scores: Path, genomic: Path, output: str = "out.tsv", threads: int = 1, **options
):
    """Run in `folder`; what it came to."""
    request = Request((scores,), genomic, folder / output, 10**9, threads, **options)
    return finalize(request, lambda *_: nullcontext(lambda units=1: None))


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype={"chrom": str})


def drawn(seed: int) -> tuple[list, list]:
    """Genomic rows and scores of some transcripts, in any order; some of each lack a partner."""
    random = np.random.default_rng(seed)
    rows = []
    for n in range(random.integers(1, 5)):
        codons = list(random.choice(CODONS, random.integers(1, 5)))
        chrom = str(random.choice(["1", "2", "10", "X", "chr2", "M"]))
        rows += gene(f"G{n % 3}", f"NM_00{n}.1", chrom, int(random.integers(1, 9)), codons)
    scores = scores_of(rows, random)
    rows = [rows[i] for i in random.permutation(len(rows))]
    scores = [scores[i] for i in random.permutation(len(scores))]
    return rows[: -(len(rows) // 10) or None], scores[len(scores) // 10 :]


def expected(rows: list, scores: list, ranks: str = "ordinal") -> pd.DataFrame:
    genomic = pd.DataFrame(rows, columns=GENOMIC).astype({"pos": int, "protein_position": int})
    return by_pandas(pd.DataFrame(scores, columns=["var", "gMVP"]), genomic, ranks)


@given(
    seed=st.integers(0, 10**6), threads=st.sampled_from([1, 3]), some=st.sampled_from([1, 10**6])
)
@settings(max_examples=25)
def test_the_same_as_by_pandas_and_scipy(tmp_path_factory, seed, threads, some):
    """Joined, ranked and sorted to the same bits, however many transcripts are taken at a time."""
    folder = tmp_path_factory.mktemp("drawn")
    rows, scores = drawn(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "rank_within", partial(rank_within, rows=some))
        done = finalized(
            folder,
            write(folder / "s.tsv", ["var", "gMVP"], scores),
            write(folder / "g.tsv", GENOMIC, rows),
            threads=threads,
        )
    found, wanted = read(folder / "out.tsv"), expected(rows, scores)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    places = {"_".join(row[6:10]) for row in rows}
    assert done.matched.rows == len(wanted)
    assert done.matched.without_score.count == len(rows) - len(wanted)
    assert done.matched.without_place.count == sum(name not in places for name, _ in scores)


@pytest.mark.parametrize("ranks", ["average", "min", "max", "dense"])
def test_other_ranks_would_be_noticed(tmp_path, ranks):
    rows, scores = drawn(0)
    write(tmp_path / "s.tsv", ["var", "gMVP"], scores)
    write(tmp_path / "g.tsv", GENOMIC, rows)
    finalized(tmp_path, tmp_path / "s.tsv", tmp_path / "g.tsv")
    other = expected(rows, scores, ranks)
    for column in FINAL[-3:]:
        assert (read(tmp_path / "out.tsv")[column] != other[column]).any()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15)
def test_ranks_are_permutations_and_the_input_s_order_does_not_show(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("drawn")
    rows, scores = drawn(seed)
    for name, order in (("a", 1), ("b", -1)):
        finalized(
            folder,
            write(folder / "s.tsv", ["var", "gMVP"], scores[::order]),
            write(folder / "g.tsv", GENOMIC, rows[::order]),
            f"{name}.tsv",
        )
    assert (folder / "a.tsv").read_bytes() == (folder / "b.tsv").read_bytes()
    table = read(folder / "a.tsv")
    for part, column in (
        *((part, "gMVP_normalized") for _, part in table.groupby("transcript_id")),
        (table, "gMVP_rankscore"),
        (table, "gMVP_normalized_rankscore"),
    ):
        ranks = part[column] * len(part)
        assert sorted(ranks.round(9)) == list(range(1, len(part) + 1))
    by_score = table.sort_values("gMVP_rankscore")
    assert by_score.gMVP.is_monotonic_increasing
    assert table.sort_values("gMVP_normalized_rankscore").gMVP_normalized.is_monotonic_increasing


@pytest.fixture
def tables(tmp_path) -> tuple[Path, Path]:
    """Scores and genomic table of two transcripts of one gene and one of another."""
    rows = [
        *gene("PTEN", "ENST1", "chr10", 1000, ["ATG", "CGA", "TGG", "GGC"]),
        *gene("PTEN", "ENST2", "chr10", 1003, ["CGA", "TGG"]),
        *gene("TP53", "ENST3", "chr9", 500, ["ATG", "GGC"]),
    ]
    scores = scores_of(rows, np.random.default_rng(1))
    return (
        write(tmp_path / "s.tsv", ["var", "gMVP"], scores),
        write(tmp_path / "g.tsv", GENOMIC, rows),
    )


def test_tabix_finds_every_line(tmp_path, tables):
    done = finalized(tmp_path, tables[0], tables[1], output="out.tsv.gz")
    finalized(tmp_path, tables[0], tables[1], output="out.tsv")
    assert [path.name for path in done.files] == [
        "out.tsv.gz", "out.tsv.gz.tbi", "out.tsv.gz.genes.tsv",
    ]  # fmt: skip
    lines = (tmp_path / "out.tsv").read_text().splitlines()
    with gzip.open(tmp_path / "out.tsv.gz", "rt") as file:
        assert file.read().splitlines() == [f"#{lines[0]}", *lines[1:]]
    with pysam.TabixFile(str(tmp_path / "out.tsv.gz")) as tabix:
        # As tabix -h gives it, which is where VEP's plugins take the columns' names from.
        assert list(tabix.header) == ["#" + "\t".join(FINAL)]
        assert tabix.contigs == ["chr9", "chr10"]
        assert [line for name in tabix.contigs for line in tabix.fetch(name)] == lines[1:]
        for place in {tuple(line.split("\t")[:2]) for line in lines[1:]}:
            start = int(place[1]) - 1
            assert list(tabix.fetch(place[0], start, start + 1)) == [
                line for line in lines if tuple(line.split("\t")[:2]) == place
            ]


def test_the_index_of_genes(tmp_path, tables):
    finalized(tmp_path, tables[0], tables[1], output="out.tsv")
    found = read(tmp_path / "out.tsv.genes.tsv")
    table = read(tmp_path / "out.tsv")
    names = ["gene_symbol", "gene_id", "transcript_id", "chrom"]
    wanted = table.groupby(names, as_index=False).agg(
        start=("pos", "min"),
        end=("pos", "max"),
        last_position=("protein_position", "max"),
        rows=("pos", "size"),
    )
    pd.testing.assert_frame_equal(found, wanted)


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


def test_empty_annotations_and_further_columns_stay_harmless(tmp_path, tables):
    scores, genomic = tables
    lines = [line.split("\t") for line in genomic.read_text().splitlines()]
    at = lines[0].index("gene_symbol")
    for line in lines[1:]:
        line[at] = ""
    text = "\n".join("\t".join([*line, "more"]) for line in lines)
    genomic.write_text(f"\ufeff#{text}\r\n".replace("\n", "\r\n").replace("\r\r", "\r"))
    finalized(tmp_path, scores, genomic)
    table = read(tmp_path / "out.tsv")
    assert list(table.columns) == FINAL
    assert table.gene_symbol.isna().all()
    assert len(table) == len(lines) - 1


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


def test_chromosomes_are_ordered_by_number():
    names = ["chr1", "2", "10", "22", "X", "chrY", "MT", "GL000192.1"]
    assert sorted(reversed(names), key=chromosome_order) == names


def test_keeping_the_residue_is_counted(tmp_path, tables):
    scores, genomic = tables
    with open(genomic, "a") as file:
        file.write("chr10\t1005\tA\tC\tPTEN\tg\tENST1\t2\tR\tR\tCGA\tCGC\tGAT\n")
    with open(scores, "a") as file:
        file.write("ENST1_2_R_R\t0.5\n")
    assert finalized(tmp_path, *tables).matched.synonymous == 1


SPOILED = [
    ("s", "ENST1_2_R_Q", "ENST1_R2Q", "s.tsv: row {row}: var ENST1_R2Q; expected <transcript>_<po"),
    ("s", "ENST1_2_R_Q", "ENST1_02_R_Q", "row {row}: var ENST1_02_R_Q; expected <transcript>_"),
    ("s", "ENST1_2_R_Q", "ENST1_5000000_R_Q", "row {row}: var ENST1_5000000_R_Q; expected <trans"),
    ("s", "ENST1_2_R_Q", "", "row {row}: var (nothing); expected <transcript>"),
    ("s", "var\tgMVP", "var\tscore", "s.tsv: no column gMVP; expected a table of scores with var"),
    ("s", "var\tgMVP", "var\tgMVP\tgMVP", "s.tsv: two columns are named gMVP"),
    ("g", "chr9\t500\t", "\t500\t", "g.tsv: row {row}: chrom (nothing); expected a value"),
    ("g", "chr9\t500\t", "chr9\t500.5\t", "g.tsv: row {row}: pos 500.5; expected a whole number"),
    ("g", "chr9\t500\t", "chr9\t0\t", "row {row}: pos 0; expected a whole number from 1 to 53"),
    ("g", "\tENST3\t1\tM\t", "\tENST3\tone\tM\t", "row {row}: protein_position one; expected a"),
    ("g", "\tENST3\t1\tM\t", "\tENST3\t1\tMet\t", "row {row}: ref_aa Met; expected one letter"),
    ("g", "\tENST3\t1\tM\t", "\tENST3\t1\t\t", "row {row}: ref_aa (nothing); expected one letter"),
    ("g", "chr9\t500\t", "chr9\t500\tx\t", "g.tsv: line {line}: 14 columns; the header has 13"),
    ("g", "chrom\t", "contig\t", "g.tsv: no column chrom; expected a genomic table with chrom"),
]  # fmt: skip


@pytest.mark.parametrize(("which", "old", "new", "said"), SPOILED)
def test_what_is_wrong_is_said_with_its_row(tmp_path, tables, which, old, new, said):
    path = dict(zip("sg", tables, strict=True))[which]
    lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if old in line)
    lines[at] = lines[at].replace(old, new)
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as error:
        finalized(tmp_path, *tables)
    assert said.format(row=at, line=at + 1) in str(error.value)
    assert "\n" not in str(error.value)
    assert sorted(os.listdir(tmp_path)) == ["g.tsv", "s.tsv"]


@pytest.mark.parametrize("score", ["nan", "-0.1", "1.1", "inf", "", "high"])
def test_a_score_is_between_0_and_1(tmp_path, tables, score):
    with open(tables[0], "a") as file:
        file.write(f"ENST9_1_M_V\t{score}\n")
    row = len(tables[0].read_text().splitlines()) - 1
    with pytest.raises(InputError) as error:
        finalized(tmp_path, *tables)
    assert str(error.value).endswith(
        f"s.tsv: row {row}: gMVP {score or '(nothing)'} of ENST9_1_M_V; expected a number between"
        " 0 and 1"
    )


def test_two_rows_of_one_key_are_refused(tmp_path, tables):
    scores, genomic = (path.read_text() for path in tables)
    tables[0].write_text(scores + "ENST1_2_R_Q\t0.5\n")
    with pytest.raises(InputError, match="scores has two rows for ENST1_2_R_Q; expected one"):
        finalized(tmp_path, *tables)
    tables[0].write_text(scores)
    tables[1].write_text(genomic + genomic.splitlines()[5] + "\n")
    key = " ".join(genomic.splitlines()[5].split("\t")[:4])
    with pytest.raises(InputError, match=f"two rows for {key} ENST1; expected one for each"):
        finalized(tmp_path, *tables)


def test_empty_files_and_headers_alone(tmp_path, tables):
    for path in tables:
        whole = path.read_text()
        path.write_text("")
        with pytest.raises(InputError, match=f"{path.name}: is empty; expected a header"):
            finalized(tmp_path, *tables)
        path.write_text(whole.splitlines()[0] + "\n")
        with pytest.raises(InputError, match=f"{path.name}: has a header but no rows"):
            finalized(tmp_path, *tables)
        path.write_text(whole)


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


def test_broken_gzip_parquet_and_other_text(tmp_path, tables):
    scores, genomic = tables
    whole = scores.read_bytes()
    spoiled = {
        gzip.compress(whole)[:-20]: "s.tsv",
        b"PAR1" + b"0" * 50: "s.tsv: not a whole parquet file",
        b"\xff\xfe" + whole: "s.tsv: the first line is not text",
        whole + b"ENST9_1_M_\xff\t0.5\n": "s.tsv: line .* no text; expected UTF-8",
    }
    for data, said in spoiled.items():
        scores.write_bytes(data)
        with pytest.raises((InputError, OSError), match=said) as error:
            finalized(tmp_path, scores, genomic)
        assert "\n" not in str(error.value)


def test_tabs_inside_of_a_parquet_s_values_are_refused(tmp_path, tables):
    import duckdb

    parquet = tmp_path / "g.parquet"
    duckdb.sql(
        f"COPY (SELECT * REPLACE (gene_id || chr(9) AS gene_id)"
        f" FROM read_csv('{tables[1]}', delim = '\t')) TO '{parquet}'"
    )
    with pytest.raises(InputError, match="row 1: gene_id ENSG_PTEN\t; no tab"):
        finalized(tmp_path, tables[0], parquet)
