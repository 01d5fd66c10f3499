"""Ranges hold all that is asked for, and are read once."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.tables.lookup.gene_index import Span
from pt_gmvp.tables.lookup.wanted import Wanted

PLACES = st.lists(
    st.tuples(st.sampled_from(["1", "X"]), st.integers(1, 200_000), st.integers(0, 50_000)),
    max_size=20,
)


@given(spans=PLACES, places=PLACES)
def test_each_is_in_one_range(spans, places) -> None:
    wanted = Wanted()
    asked = []
    for number, (chrom, first, length) in enumerate(spans):
        span = Span("G", "E", f"T{number}", chrom, first, first + length, 9, 1)
        wanted.add_change(span, 5)
        asked.append((chrom, first, first + length))
    for chrom, position, _ in places:
        wanted.add_place(chrom, position)
        asked.append((chrom, position, position))
    ranges = list(wanted.ranges())
    for chrom, first, last in asked:
        assert sum(c == chrom and a <= first and last <= b for c, a, b in ranges) == 1
    for chrom in ("1", "X"):
        of = [(first, last) for name, first, last in ranges if name == chrom]
        assert of == sorted(of)
        assert all(end < start for (_, end), (start, _) in pairwise(of))
    assert len(set(wanted.keys())) == len(spans) + len({(c, p) for c, p, _ in places})
