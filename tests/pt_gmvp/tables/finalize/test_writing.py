"""Files of a finalized table: text, bgzip with its index, and the gene index."""

import errno
import gzip
import os
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pysam
import pytest

from converters.errors import InputError
from pt_gmvp.tables.finalize.writing import naming_output, suffix_of
from tests.pt_gmvp.genomic_tables import FINAL
from tests.pt_gmvp.tables.finalize.finalizing import finalized, read


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


@pytest.mark.parametrize(
    ("name", "suffix"), [("t.tsv", ".tsv"), ("a.b.TSV.GZ", ".tsv.gz"), ("t.parquet", ".parquet")]
)
def test_the_suffix_sets_the_format(name, suffix):
    assert suffix_of(Path("folder") / name) == suffix


@pytest.mark.parametrize("name", ["t.csv", "t.gz", "tsv", "t.parquet.gz"])
def test_other_suffixes_are_refused(name):
    with pytest.raises(InputError, match=r"a name that ends in \.tsv, \.tsv\.gz, \.parquet"):
        suffix_of(Path(name))


@pytest.mark.parametrize(
    ("raised", "number"),
    [(PermissionError(errno.EACCES, "no", "x"), errno.EACCES), (OSError("htslib"), errno.EIO)],
)
def test_an_error_of_writing_names_the_output(tmp_path, raised, number):
    path = tmp_path / "out.tsv"
    with pytest.raises(OSError, match=os.strerror(number)) as error, naming_output(path):
        raise raised
    assert (error.value.errno, error.value.filename) == (number, str(path))


def test_a_full_disk_is_named_where_htslib_names_no_error(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda path: SimpleNamespace(f_bavail=0))
    with pytest.raises(OSError, match="No space left") as error, naming_output(tmp_path / "x"):
        raise OSError("htslib")
    assert error.value.errno == errno.ENOSPC
