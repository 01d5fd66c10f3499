"""The order of chromosomes and rows, and rows that are there twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.tables.finalize.ordering import chromosome_order
from tests.pt_gmvp.tables.finalize.finalizing import finalized, read


def test_chromosomes_are_ordered_by_number():
    names = ["chr1", "2", "10", "22", "X", "chrY", "MT", "GL000192.1"]
    assert sorted(reversed(names), key=chromosome_order) == names


def test_two_rows_of_one_nucleotide_change_are_refused(tmp_path, tables):
    genomic = tables[1].read_text()
    tables[1].write_text(genomic + genomic.splitlines()[5] + "\n")
    key = " ".join(genomic.splitlines()[5].split("\t")[:4])
    with pytest.raises(InputError, match=f"two rows for {key} ENST1; expected one for each"):
        finalized(tmp_path, *tables)


@given(st.integers(1, 22) | st.sampled_from(["X", "Y", "M", "MT"]))
def test_a_chromosome_has_the_same_number_with_and_without_chr(name):
    number, _ = chromosome_order(str(name))
    assert chromosome_order(f"chr{name}")[0] == chromosome_order(f"CHR{name}")[0] == number


def test_rows_without_a_chromosome_number_come_last(tmp_path, tables):
    text = tables[1].read_text()
    tables[1].write_text(text.replace("chr9\t", "GL000192.1\t"))
    finalized(tmp_path, *tables)
    assert list(read(tmp_path / "out.tsv").chrom.unique()) == ["chr10", "GL000192.1"]
